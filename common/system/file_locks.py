"""Locks on open files, which end with the process that holds them: flock, or msvcrt's locks on Windows."""

from __future__ import annotations

import errno
import os
import time

from .available import module

fcntl, msvcrt = module("fcntl"), module("msvcrt")

# What file systems without locks answer.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL)
# What msvcrt answers while another process holds the lock.
HELD = (errno.EACCES, errno.EDEADLK)
LOCKED_BYTE = 2**30  # beyond the text of a lock file: on Windows nobody else can read a locked byte
POLL_SECONDS = 0.1


def lock(descriptor: int, wait: bool = True, shared: bool = False) -> bool:
    """Locks an open file until the descriptor is closed; False where the system or the file system has no locks.

    shared: other descriptors may share the lock; Windows has no such locks.
    Raises BlockingIOError if another descriptor holds the lock and `wait` is False."""
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        elif msvcrt is not None and not shared:
            _lock_byte(descriptor, wait)
        else:
            return False
    except OSError as error:
        if error.errno in NO_LOCKS:
            return False
        raise
    return True


def is_only_holder(descriptor: int) -> bool:
    """Whether nobody else shares the lock of a descriptor, which is exclusive from then on."""
    try:
        return lock(descriptor, wait=False)
    except BlockingIOError:
        return False


def _lock_byte(descriptor: int, wait: bool) -> None:
    """Locks one byte; msvcrt's own waiting gives up after ten seconds."""
    while True:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return
        except OSError as error:
            if error.errno not in HELD:
                raise
        if not wait:
            raise BlockingIOError(errno.EWOULDBLOCK, "Another process holds the lock")
        time.sleep(POLL_SECONDS)
