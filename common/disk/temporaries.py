"""Temporary files and folders that lie beside what they will become, locked for as long as somebody writes them.

The lock ends with the process, however it ends; so an unlocked temporary was left by a process that was killed, and
the next one removes it.  Names are `.NAME.unbraid-XXXXXXXX.SUFFIX`, hidden from readers of results."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..system import file_locks
from ..system.files import MOVES_OPEN_FILES, remove_open

logger = logging.getLogger(__name__)

MARK = re.compile(r"^\..*\.unbraid-([0-9a-f]{8}|lock)(\.|$)")  # lock files (locks.py) are swept with temporaries
LOCK_SUFFIX = ".unbraid-lock"
LONGEST_SUFFIX = 20  # characters; more is no suffix
LONGEST_NAME = 200  # bytes kept of a name; file systems allow 255 with what is added


@contextlib.contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """An empty file beside `path` with its suffix; removed at the end unless it was renamed."""
    suffix = path.suffix if len(path.suffix) < LONGEST_SUFFIX else ""
    with _temporary(path, path.stem, suffix, _create_file) as temporary:
        yield temporary


@contextlib.contextmanager
def temporary_directory(path: Path) -> Iterator[Path]:
    """An empty folder beside `path`; removed with its content at the end unless it was renamed."""
    with _temporary(path, path.name, "", os.mkdir) as temporary:
        yield temporary


@contextlib.contextmanager
def made_parents(path: Path) -> Iterator[None]:
    """Makes the folders above `path`; those that are made here and empty at the end are removed again."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(path.parent).st_mode):  # says what is wrong better than mkdir does
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for folder in missing:  # innermost first
                folder.rmdir()


def sweep(folder: Path, recursive: bool = False) -> None:
    """Removes temporaries that nobody is writing from a folder, and from those below it if asked to."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if MARK.match(entry.name):
            _remove_unlocked(Path(entry.path))
        elif recursive and entry.is_dir(follow_symlinks=False):
            sweep(Path(entry.path), recursive=True)


def lock(path: Path, wait: bool = True, shared: bool = False) -> int | None:
    """Locks a file or folder; returns a descriptor that holds the lock until it is closed.

    None where the system or the file system has no locks, and for temporaries on a system that renames nothing that is
    open; such temporaries are never swept.  Raises BlockingIOError if somebody else holds it and `wait` is False.
    shared: others may hold it, too, who share it."""
    if not MOVES_OPEN_FILES and not path.name.endswith(LOCK_SUFFIX):
        return None
    # NFS grants an exclusive lock only on a file that is open for writing.
    mode = os.O_RDONLY if path.is_dir() or not os.access(path, os.W_OK) else os.O_RDWR
    descriptor = os.open(path, mode | getattr(os, "O_NOFOLLOW", 0))
    is_locked = False
    try:
        is_locked = file_locks.lock(descriptor, wait, shared)
    finally:
        if not is_locked:
            os.close(descriptor)
    return descriptor if is_locked else None


def is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` is still the file that was opened: somebody may have swept it before it was locked."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _temporary(path: Path, stem: str, suffix: str, create: Callable[[Path], object]) -> Iterator[Path]:
    sweep(path.parent)
    temporary, descriptor = _create_locked(path.parent, short_name(stem), suffix, create)
    try:
        yield temporary
    finally:
        _remove(temporary)
        if descriptor is not None:
            os.close(descriptor)


def _create_locked(folder: Path, stem: str, suffix: str, create: Callable[[Path], object]) -> tuple[Path, int | None]:
    while True:
        temporary = folder / f".{stem}.unbraid-{secrets.token_hex(4)}{suffix}"
        try:
            create(temporary)
            descriptor = lock(temporary)
        except FileExistsError:
            continue
        except FileNotFoundError:
            if not folder.is_dir():
                raise
            continue  # swept between the two calls
        if descriptor is None or is_still(temporary, descriptor):
            return temporary, descriptor
        os.close(descriptor)


def _create_file(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


def short_name(stem: str) -> str:
    """A name that leaves room for what is added to it; the final name is not shortened."""
    return stem.encode("utf-8", "surrogateescape")[:LONGEST_NAME].decode("utf-8", "ignore")


def _remove_unlocked(path: Path) -> None:
    try:
        descriptor = lock(path, wait=False)
    except OSError:  # somebody writes it, or removed it just now
        return
    if descriptor is None:
        return
    logger.info("Removing %s, left by a process that was killed.", path)
    if path.name.endswith(LOCK_SUFFIX):
        remove_open(path, descriptor)
        return
    try:
        _remove(path)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
