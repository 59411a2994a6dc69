"""Independent work in parallel, its random states handed out beforehand so that parallel equals sequential.

Processes go through joblib, whose backend is a setting: local ones by default, a Dask or Ray cluster under
`joblib.parallel_config`.  Compiled loops that release the GIL run on threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from ...common.errors import UserError
from ...common.numerics.threads import num_cores

Result = TypeVar("Result")

_pools: dict[int, ThreadPoolExecutor] = {}


def num_jobs(n_jobs: int | None) -> int:
    """The number of parallel jobs: `n_jobs`, or for None and -1 the number of cores this process may use.

    Raises UserError for other numbers below 1, and for anything else."""
    if n_jobs is None or n_jobs == -1:
        return num_cores()
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, (int, np.integer)) or n_jobs < 1:
        raise UserError(f"n_jobs is {n_jobs!r}; expected 1 or more, or None or -1 for the number of available cores.")
    return int(n_jobs)


def run_threads(function: Callable[..., Result], arguments: Sequence[tuple[Any, ...]],
                n_jobs: int | None = None) -> list[Result]:
    """`function(*item)` for each item, on threads; in order."""
    number = num_jobs(n_jobs)
    if number == 1 or len(arguments) < 2:
        return [function(*item) for item in arguments]
    return list(_pool(number).map(lambda item: function(*item), arguments))


def run_processes(function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]],
                  n_jobs: int | None = None) -> list[Result]:
    """`function(*item)` for each item through joblib; in order.  BLAS has one thread in each, however many run."""
    from joblib import Parallel, delayed

    items, number = list(arguments), num_jobs(n_jobs)
    if number == 1 or len(items) < 2:
        return [_alone(function, *item) for item in items]
    # max_nbytes=None: memory-mapped arguments are read-only and may change the layout that numbers depend on
    return list(Parallel(n_jobs=min(number, len(items)), max_nbytes=None)(
        delayed(_alone)(function, *item) for item in items))


def run_in_turn(function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]]) -> list[Result]:
    """`function(*item)` for each item, one after the other, with the threads of BLAS that scikit-learn would have.

    For solvers that stop before they converge: how BLAS shares out a product decides its last bit, and so the fifth
    digit of their scores.  reference: so its numbers depend on the cores, too."""
    return [quietly(function, *item) for item in arguments]


def quietly(function: Callable[..., Result], *arguments: Any) -> Result:
    """`function(*arguments)` without scikit-learn's warnings on convergence.

    reference: solvers stop after their default number of iterations, so the scores are those of models that may not
    have converged; hundreds of remarks would hide the table."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return function(*arguments)


def _alone(function: Callable[..., Result], *arguments: Any) -> Result:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        return quietly(function, *arguments)


def _pool(size: int) -> ThreadPoolExecutor:
    if size not in _pools:
        _pools[size] = ThreadPoolExecutor(size, thread_name_prefix="unbraid")
    return _pools[size]
