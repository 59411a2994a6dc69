"""Files where systems differ: reading at an offset, names that change while a file is open, swapping two folders."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from pathlib import Path

from .available import IS_WINDOWS, c_function

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
# Windows neither renames nor removes what a process has open, and opens no folders.
MOVES_OPEN_FILES = not IS_WINDOWS

_seeking = threading.Lock()


def read_at(file: io.FileIO, buffer: memoryview, offset: int) -> int:
    """Fills the front of `buffer` with bytes from `offset` of an unbuffered file; returns their number.

    Threads may read one file at the same time: without preadv they take turns."""
    if hasattr(os, "preadv"):
        return os.preadv(file.fileno(), [buffer], offset)
    with _seeking:
        file.seek(offset)
        return file.readinto(buffer) or 0


def remove_open(path: Path, descriptor: int | None) -> None:
    """Removes a file that may be gone already, and closes its descriptor, in the order that the system allows.

    Elsewhere than on Windows the file goes first, so that nobody locks one that is about to go."""
    if descriptor is not None and not MOVES_OPEN_FILES:
        os.close(descriptor)
        descriptor = None
    with contextlib.suppress(OSError):
        path.unlink()
    if descriptor is not None:
        os.close(descriptor)


def exchange(first: Path, second: Path) -> bool:
    """Swaps two paths in a single step; False where the system or its file system cannot."""
    rename = c_function("renameat2")
    return rename is not None and bool(
        rename(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0)
