"""One process at a time writes an output: a lock beside it, which names its holder and ends with the process.

The lock is held on `.NAME.unbraid-lock`, and works across the machines of a cluster where its disk has locks.  The file
is removed with the lock; one that a killed process left is taken over, or swept as an old temporary."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError, clipped
from ..system import file_locks
from ..system.files import remove_open
from .replacing import restore
from .temporaries import LOCK_SUFFIX, is_still, lock, made_parents, short_name, sweep

_held: set[Path] = set()


class BusyError(UserError):
    """An output that another process is writing."""


@contextlib.contextmanager
def locked(path: str | os.PathLike[str], wait: bool = False, shared: bool = False) -> Iterator[None]:
    """Within the block no other process of unbraid writes the file or folder `path`.

    What killed processes left there is cleared away first.  A process may lock a path again that it holds.  Where the
    file system has no locks there is none.  When another one holds it, waits for it if `wait` is set, and otherwise
    raises BusyError, naming host and process.

    shared: others that share it, too, may write other parts of the folder; then nothing is cleared away."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UserError(f"{path} is no text: some of its bytes are not UTF-8. Choose another output.") from None
    target = Path(os.path.realpath(path))
    if target in _held:
        yield
        return
    with made_parents(target), _lock_file(target, wait, shared):
        _held.add(target)
        try:
            if not shared:
                restore(target)
                sweep(target.parent)
                sweep(target, recursive=True)
            yield
        finally:
            _held.discard(target)


@contextlib.contextmanager
def _lock_file(target: Path, wait: bool, shared: bool) -> Iterator[None]:
    file, descriptor = _acquire(target, wait, shared)
    others = _holders(file) if shared else []
    try:
        if descriptor is not None:
            file.write_text("\n".join([*others, _about_this_process()]), encoding="utf-8")
        yield
    finally:
        if shared and descriptor is not None and not file_locks.is_only_holder(descriptor):
            here = f"(process {os.getpid()} on {socket.gethostname()}"
            with contextlib.suppress(OSError):
                file.write_text("\n".join(one for one in _holders(file) if here not in one), encoding="utf-8")
            os.close(descriptor)
        else:
            remove_open(file, descriptor)


def _acquire(target: Path, wait: bool, shared: bool) -> tuple[Path, int | None]:
    """A lock file, locked.  Raises BusyError."""
    while True:
        file = _created(target)
        try:
            descriptor = lock(file, wait, shared)
        except FileNotFoundError:  # its holder has just removed it
            continue
        except BlockingIOError:
            holders = clipped(" and ".join(_holders(file)) or "another process", 300)
            raise BusyError(f"{target} is being written by {holders}. Wait until it has ended, stop it, or "
                            "choose another output.") from None
        if descriptor is None or is_still(file, descriptor):
            return file, descriptor
        os.close(descriptor)


def _created(target: Path) -> Path:
    """The lock file beside the target, or inside a folder whose parent cannot be written."""
    name = f".{short_name(target.name)}{LOCK_SUFFIX}"
    beside = target.parent / name
    try:
        beside.touch()
    except PermissionError:
        if not target.is_dir():
            raise
        beside = target / name
        beside.touch()
    return beside


def _about_this_process() -> str:
    command = os.path.basename(sys.argv[0]) or "python"
    return f"{command} (process {os.getpid()} on {socket.gethostname()}, since {time.strftime('%Y-%m-%d %H:%M:%S')})"


def _holders(file: Path) -> list[str]:
    """What the lock file says of those that hold it."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
