"""Rows shared out among threads, for compiled loops that release the interpreter's lock.

Numba's own thread pools abort a process that forks after using them, or that calls them from two threads; data
loaders do both.  Threads that live for one call can be used anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def in_threads(work: Callable[[int, int], object], num_rows: int, rows_per_thread: int = 64) -> None:
    """Calls `work(start, stop)` for parts of [0, num_rows), at the same time.

    rows_per_thread: fewer rows than this are not worth a thread of their own."""
    num_threads = min(num_cores(), max(1, num_rows // rows_per_thread))
    if num_threads == 1:
        work(0, num_rows)
        return
    bounds = [num_rows * part // num_threads for part in range(num_threads + 1)]
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


def num_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
