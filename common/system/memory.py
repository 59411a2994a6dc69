"""Memory: how much there is, and keeping what is freed."""

from __future__ import annotations

import ctypes
import functools
import os
from typing import Any

from .available import c_function

LIMIT_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a Linux container
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGEST_MMAP_THRESHOLD = 2**25  # that glibc takes on 64 bits
KEPT_BYTES = 2**30


@functools.cache
def total_memory() -> int | None:
    """Bytes of memory this process may use: the machine's, or fewer where the container says so.

    None where the system does not tell."""
    machine = _machine_memory()
    for path in LIMIT_FILES:
        try:
            with open(path, encoding="ascii") as file:
                limit = int(file.read())
        except (OSError, ValueError):  # not there, or "max"
            continue
        machine = limit if machine is None else min(machine, limit)
    return machine


def _machine_memory() -> int | None:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    windows: Any = getattr(ctypes, "windll", None)
    if windows is None:
        return None
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    return int(status.total) if windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows' sysinfoapi.h."""

    _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32), ("total", ctypes.c_uint64),
                *((name, ctypes.c_uint64) for name in ("free", "total_page", "free_page", "total_virtual",
                                                       "free_virtual", "free_extended"))]


def keep_freed_memory() -> None:
    """Has the process keep the memory it frees, up to KEPT_BYTES, where its C library is glibc; elsewhere does nothing.

    Given back to the system, it would come again at the next update as pages of zeros, one by one: 10,000 of them for
    a beta-VAE on the CPU, a tenth of its time."""
    mallopt = c_function("mallopt")
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
