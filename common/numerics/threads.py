"""Rows shared out among threads, for compiled loops that release the interpreter's lock.

Numba's own thread pools abort a process that forks after using them, or that calls them from two threads; data
loaders do both.  Threads that live for one call can be used anywhere.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ..checking.values import counted
from ..system.processes import available_cores

Result = TypeVar("Result")
CORES = "UNBRAID_CORES"  # environment variable: how many cores a process may use where several share a machine

_this_thread = threading.local()


def in_threads(work: Callable[[int, int], object], num_rows: int, rows_per_thread: int = 64) -> None:
    """Calls `work(start, stop)` for parts of [0, num_rows), at the same time.

    rows_per_thread: fewer rows than this are not worth a thread of their own."""
    num_parts = min(num_cores(), max(1, num_rows // rows_per_thread))
    bounds = [num_rows * part // num_parts for part in range(num_parts + 1)]
    for _ in map_in_threads(work, bounds[:-1], bounds[1:]):
        pass


def map_in_threads(work: Callable[..., Result], *arguments: Sequence[Any],
                   num_threads: int | None = None) -> Iterator[Result]:
    """`work` of each item, as `map` gives them, computed up to `num_threads` at a time; None means one a core.

    Work that shares itself out again, from inside, is done by the thread that is at it: the cores are taken."""
    num_threads = min(num_threads or num_cores(), len(arguments[0]))
    if num_threads <= 1 or getattr(_this_thread, "is_worker", False):
        yield from map(work, *arguments)
        return
    with ThreadPoolExecutor(num_threads, initializer=_become_worker) as pool:
        yield from pool.map(work, *arguments)


def _become_worker() -> None:
    _this_thread.is_worker = True


def num_cores() -> int:
    """Cores this process may use: `UNBRAID_CORES`, or all that it may run on."""
    return core_limit() or available_cores()


def core_limit() -> int:
    """The number of cores in `UNBRAID_CORES`; 0 where it is not set."""
    return counted(os.environ.get(CORES, "")) or 0
