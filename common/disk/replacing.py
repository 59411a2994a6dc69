"""One folder in the place of another, without a moment in which neither is there."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from pathlib import Path

from .temporaries import short_name

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


def replace_directory(source: Path, target: Path) -> None:
    """Renames folder `source` to `target`; a folder that was there disappears only once the new one is in place."""
    if not target.exists() or (target.is_dir() and not target.is_symlink() and not any(target.iterdir())):
        source.rename(target)  # rename replaces an empty folder
    elif _exchange(source, target):
        shutil.rmtree(source, ignore_errors=True)
    else:
        aside = _aside(target)
        target.rename(aside)
        try:
            source.rename(target)
        finally:
            restore(target)


def restore(target: Path) -> None:
    """Brings back what a process that was killed had put aside; it is deleted where `target` is there again."""
    aside = _aside(target)
    if not aside.is_dir():
        return
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.rename(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".{short_name(target.name)}.unbraid-old")


def _exchange(first: Path, second: Path) -> bool:
    """Swaps two paths at once; False where the system or its file system cannot."""
    with contextlib.suppress(AttributeError, OSError):
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(rename(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0)
    return False
