"""Limits that a process sets itself before it does what a stranger's file says."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from .available import module

resource = module("resource")

TIMED_OUT = 124  # exit status of a process that a thread has ended, as of the command `timeout`
MEMORY_IN_USE = Path("/proc/self/statm")  # Linux


def limit_process(memory: int, seconds: float) -> None:
    """Limits the process to `memory` bytes more than it has and to `seconds`, and forbids it to write files.

    Without the module `resource` (Windows) only time is limited, and without /proc (macOS) memory is not: there the
    system itself heeds no limit of memory."""
    if resource is not None:
        _set(resource.RLIMIT_FSIZE, 0)
        _set(resource.RLIMIT_CORE, 0)
        _set(resource.RLIMIT_CPU, int(4 * seconds) + 1)
        if MEMORY_IN_USE.exists():
            in_use = int(MEMORY_IN_USE.read_text(encoding="ascii").split()[5]) * resource.getpagesize()  # data, stack
            _set(resource.RLIMIT_DATA, in_use + memory)
    _end_after(seconds)


def _set(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard), hard))


def _end_after(seconds: float) -> None:
    if sys.platform != "win32" and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # SIGALRM ends a process that has no handler for it
        return
    timer = threading.Timer(seconds, os._exit, (TIMED_OUT,))
    timer.daemon = True
    timer.start()
