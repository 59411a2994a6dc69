"""Which files a data set is read from, noted by the readers while it is made."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

_noted: ContextVar[list[Path] | None] = ContextVar("noted", default=None)


@contextlib.contextmanager
def noted_reads() -> Iterator[list[Path]]:
    """Yields a list that fills with the files and folders that unbraid's readers open inside the block.

    Blocks nest: the outer one notes the files of the inner one, too."""
    files: list[Path] = []
    token = _noted.set(files)
    try:
        yield files
    finally:
        _noted.reset(token)
        note_read(*files)


def note_read(*paths: Path) -> None:
    """Tells `noted_reads` which files are read.  Called by every reader of data files."""
    files = _noted.get()
    if files is not None:
        files.extend(Path(os.path.realpath(path)) for path in paths)
