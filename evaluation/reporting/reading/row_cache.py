"""Rows of result files that were read before, so that collecting a large study again opens only what has changed."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import marshal
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ....common.disk.files import atomic_file, cache_directory

Row = dict[str, Any]
Stamp = tuple[int, int, int]  # size, modification time in ns, inode

FEWEST_FILES = 100  # fewer are read as quickly as their cache
# A cache of another version of Python or of this module is not read.
HEADER = f"unbraid rows 1, {sys.version}".encode()

logger = logging.getLogger(__name__)


class RowCache:
    """Keeps the rows of each file under its path, size, modification time and inode.

    Args:
        paths: all files that are about to be read; their common folder names the file of the cache.

    The cache is a convenience: one that is damaged, of another version or cannot be written is passed over."""

    def __init__(self, paths: Sequence[Path]):
        self._path = _cache_file(paths) if len(paths) >= FEWEST_FILES else None
        self._known: dict[str, tuple[Stamp, list[Row]]] = _load(self._path) if self._path else {}
        self._kept: dict[str, tuple[Stamp, list[Row]]] = {}
        self._num_read = 0

    def rows(self, path: Path, read: Callable[[Path], list[Row]]) -> list[Row]:
        """Returns the rows of a file, from the cache if it has not changed, otherwise from `read`.

        The rows belong to the cache, so callers must not change them.  Raises whatever `read` raises; then nothing is
        kept of the file."""
        if self._path is None:
            return read(path)
        name = os.path.abspath(path)
        stamp = _stamp(path)  # before reading: a file that changes meanwhile is read again next time
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            rows = known[1]
        else:
            rows = read(path)
            self._num_read += 1
        if stamp is not None:
            self._kept[name] = (stamp, rows)
        return rows

    def save(self) -> None:
        """Writes the cache if it has changed."""
        if self._path is None or (not self._num_read and self._kept.keys() == self._known.keys()):
            return
        content = marshal.dumps(self._kept)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(self._path) as temporary:
                temporary.write_bytes(HEADER + hashlib.sha256(content).digest() + content)
            logger.info("%d of %d result files were read, the others are in %s.", self._num_read, len(self._kept),
                        self._path)


def _cache_file(paths: Sequence[Path]) -> Path:
    folder = os.path.commonpath([os.path.abspath(path) for path in paths])
    return cache_directory() / "results" / f"{hashlib.sha256(folder.encode()).hexdigest()[:16]}.rows"


def _load(path: Path) -> dict[str, tuple[Stamp, list[Row]]]:
    """The content of a cache; empty if there is none, or it is not whole.

    marshal is no format for strangers' files; the digest tells only damage, and the folder is the user's own."""
    try:
        content = path.read_bytes()
        place = len(HEADER)
        digest, body = content[place:place + 32], content[place + 32:]
        if not content.startswith(HEADER) or hashlib.sha256(body).digest() != digest:
            return {}
        return marshal.loads(body)
    except (OSError, EOFError, ValueError, TypeError):
        return {}


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
