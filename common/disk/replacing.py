"""One folder in the place of another, without a moment in which neither is there."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..system.files import exchange
from .temporaries import short_name


def replace_directory(source: Path, target: Path) -> None:
    """Renames folder `source` to `target`; a folder that was there disappears only once the new one is in place."""
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        target.rmdir()  # Windows renames to no name that exists
    if not target.exists():
        source.rename(target)
    elif exchange(source, target):
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
