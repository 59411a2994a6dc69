"""Matrix products on one thread of BLAS with the bits that all its threads would give.

OpenBLAS adds up a long product block by block, and how long the last two blocks are depends on whether it shares the
work out.  A solver that stops unconverged makes of that last bit another score, and scikit-learn's solvers use all
threads; but those cost more than they bring where the products are small.  So the blocks are found by experiment."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

FREQUENT_BLOCKS = (384, 256, 320, 192, 512, 640, 128)
BLOCKS = (*FREQUENT_BLOCKS, *(length for length in range(32, 1025, 32) if length not in FREQUENT_BLOCKS))
NUM_TRIALS = 3


def num_blas_threads() -> int:
    """How many threads BLAS may use in this process now."""
    return max((library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"), default=1)


@functools.cache
def parts(num_points: int, num_rows: int, num_columns: int, num_threads: int) -> tuple[slice, ...] | None:
    """Parts of the points over which one thread multiplies, and adds up, as `num_threads` threads do at once.

    Of a product (num_rows, num_points) by (num_points, num_columns) whose factors are stored point by point, float64.
    None where no parts are found, or one thread gives other bits for (num_points, num_columns) by
    (num_columns, num_rows)."""
    stream = np.random.RandomState(0)
    trials = [(stream.standard_normal((num_points, num_rows)), stream.standard_normal((num_points, num_columns)))
              for _ in range(NUM_TRIALS)]
    expected = [left.T @ right for left, right in trials]
    weights = np.ascontiguousarray(expected[0].T)
    projections = [right @ weights for _, right in trials]
    with threadpool_limits(1, "blas"):
        if not all(np.array_equal(right @ weights, projection)
                   for (_, right), projection in zip(trials, projections, strict=True)):
            return None
        for candidate in _candidates(num_points, num_threads):
            if all(np.array_equal(product(left, right, candidate), both)
                   for (left, right), both in zip(trials, expected, strict=True)):
                return candidate
    return None


def product(left: np.ndarray, right: np.ndarray, over: tuple[slice, ...]) -> np.ndarray:
    """left.T @ right, (rows, columns), summed part by part; left: (n, rows), right: (n, columns)."""
    total = left[over[0]].T @ right[over[0]]
    for part in over[1:]:
        total += left[part].T @ right[part]
    return np.asarray(total)


def _candidates(num_points: int, num_threads: int) -> Iterator[tuple[slice, ...]]:
    yield (slice(0, num_points),)
    if num_threads > 1:
        for length in BLOCKS:
            if num_points > length and num_points % length:
                yield _last_two_alike(num_points, length)


def _last_two_alike(num_points: int, length: int) -> tuple[slice, ...]:
    """Whole blocks first, which one call adds up alike on any number of threads, then what is left in two halves."""
    start = (num_points // length - 1) * length
    middle = start + (num_points - start + 1) // 2
    return tuple(slice(*ends) for ends in itertools.pairwise(sorted({0, start, middle, num_points})))
