"""Folders for compiled code: where it may lie, and the first one that can be written.

In order: NUMBA_CACHE_DIR if it is set; otherwise `__pycache__` beside the source, then the user's cache folder.  A
container often has none of them, so a temporary folder comes last, with one warning.
"""

from __future__ import annotations

import functools
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..system.users import is_private, user_cache_folder, user_name

logger = logging.getLogger(__name__)

CHOSEN = "NUMBA_CACHE_DIR"
HAS_WARNED = "UNBRAID_HAS_WARNED_OF_TEMPORARY_CACHE"  # set for child processes, which would repeat the warning


def candidate_folders(source: Path) -> list[Path]:
    """Folders that may hold compiled code of a source file, in order of precedence; the temporary one excepted."""
    if os.environ.get(CHOSEN):
        return [Path(os.environ[CHOSEN])]
    user_folder = _user_cache_folder()
    return [source.parent / "__pycache__", *([user_folder / "unbraid"] if user_folder else [])]


def readable_folders(source: Path) -> Iterator[Path]:
    """Folders in which compiled code of a source file is looked for.

    The temporary one is made, with its warning, only if the others hold nothing: they may have been filled by someone
    who could write them, as when an image is built."""
    candidates = candidate_folders(source)
    yield from candidates
    folder = writable_folder(source)
    if folder is not None and folder not in candidates:
        yield folder


@functools.cache
def temporary_folder() -> Path | None:
    """A folder in the system's temporary one that only this user can write, shared by processes; None if impossible.

    What lies there is executed, so a folder that someone else could have filled is not used."""
    try:
        folder = Path(tempfile.gettempdir()) / f"unbraid-compiled-{user_name()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        is_usable = is_private(folder) and is_writable(folder)
        return folder if is_usable else Path(tempfile.mkdtemp(prefix="unbraid-compiled-"))
    except OSError:
        return None


@functools.cache
def writable_folder(source: Path) -> Path | None:
    """Where compiled code of a source file is written; None if it cannot be kept at all."""
    candidates = candidate_folders(source)
    folder = next((folder for folder in candidates if is_writable(folder)), None)
    if folder is None:
        folder = temporary_folder()
        _warn(candidates, folder)
    return folder


@functools.cache
def is_writable(folder: Path) -> bool:
    """Whether files can be written to a folder, which is made if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _user_cache_folder() -> Path | None:
    """The folder of the user's caches; None without a home folder."""
    try:
        return user_cache_folder()
    except RuntimeError:
        return None


def _warn(candidates: list[Path], folder: Path | None) -> None:
    if HAS_WARNED in os.environ:
        return
    os.environ[HAS_WARNED] = "1"
    logger.warning("Compiled code cannot be kept in %s; %s. Set %s to a folder that can be written.",
                   " or ".join(map(str, candidates)),
                   f"it is kept in {folder}" if folder else "it is compiled anew by each process", CHOSEN)
