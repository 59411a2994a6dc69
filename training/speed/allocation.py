"""Memory that an update gives back is kept for the next one."""

from __future__ import annotations

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGEST_MMAP_THRESHOLD = 2**25  # that glibc takes on 64 bits
KEPT_BYTES = 2**30


def keep_freed_memory() -> None:
    """Has the process keep the memory it frees, up to KEPT_BYTES, where its C library is glibc; elsewhere does nothing.

    Given back to the system, it would come again at the next update as pages of zeros, one by one: 10,000 of them for
    a beta-VAE on the CPU, a tenth of its time."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
