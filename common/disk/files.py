"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..commands.wording import option
from ..errors import ExistingOutputError, UserError
from ..system.users import user_cache_folder
from .locks import locked
from .replacing import replace_directory
from .system_errors import named_writes
from .temporaries import made_parents, temporary_directory, temporary_file


class _Together:
    """Files that wait for one another: their temporaries, kept on a stack, and what each will be renamed to."""

    def __init__(self, stack: contextlib.ExitStack):
        self.stack = stack
        self.renames: list[tuple[Path, Path]] = []


_together: contextvars.ContextVar[_Together | None] = contextvars.ContextVar("together", default=None)


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path` with the same suffix; renamed to `path` on success, removed on failure.

    Folders made for it are removed on failure, too.  Raises SystemRefusalError when the disk is full, the path cannot
    be written, and the like."""
    path = Path(path)
    waiting = _together.get()
    with contextlib.ExitStack() as stack, named_writes(path):
        keeper = waiting.stack if waiting else stack
        keeper.enter_context(made_parents(path))
        if path.is_dir():
            raise IsADirectoryError(0, "It is a folder; expected the path of a file")
        temporary = keeper.enter_context(temporary_file(path))
        yield temporary
        if waiting:
            waiting.renames.append((temporary, path))
        else:
            temporary.replace(path)


@contextlib.contextmanager
def all_or_none() -> Iterator[None]:
    """Every `atomic_file` of the block appears at its end, or none of them does."""
    with contextlib.ExitStack() as stack:
        waiting = _Together(stack)
        token = _together.set(waiting)
        try:
            yield
        finally:
            _together.reset(token)
        for temporary, path in waiting.renames:
            with named_writes(path):
                temporary.replace(path)


@contextlib.contextmanager
def atomic_directory(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """Yields an empty temporary folder beside `path`; renamed to `path` on success, removed on failure.

    Raises ExistingOutputError at once when `path` exists and `overwrite` is False, BusyError while another process
    writes it, and SystemRefusalError when the disk is full and the like.  With `overwrite` the old folder is replaced
    at the end, so that a failure leaves it untouched."""
    path = Path(path)
    refuse_existing(path, overwrite)
    with named_writes(path), locked(path), temporary_directory(path) as temporary:
        yield temporary
        replace_directory(temporary, path)


def refuse_existing(path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Raises ExistingOutputError when `path` exists and may not be replaced: it is a file, or a folder that is not
    empty while `overwrite` is False."""
    path = Path(path)
    with named_writes(path):
        if path.is_symlink() and not path.exists():
            raise ExistingOutputError(f"{path} is a symbolic link to nothing. Choose another output directory.")
        if not path.exists() or (path.is_dir() and (overwrite or not any(path.iterdir()))):
            return
    if path.is_dir():
        raise ExistingOutputError(f"{path} already exists. Choose another output directory or add "
                                  f"{option('overwrite')}.")
    raise ExistingOutputError(f"{path} already exists and is a file. Choose another output directory.")


def require_folder(path: Path) -> None:
    """Raises UserError where there is something else than a folder."""
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file; expected a folder, or a new one, to write to.")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes UTF-8 text, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")  # names of files may be no text


def write_json(path: str | os.PathLike[str], values: Any) -> None:
    """Writes JSON, indented by 2; numpy scalars and arrays become numbers and lists, NaN and infinity null."""
    write_text(path, json.dumps(plain(values), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """`value` with numpy types replaced by Python's own, tuples by lists, and non-finite floats by None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value


def cache_directory() -> Path:
    """What unbraid keeps to save time, such as decoded data files: `UNBRAID_CACHE`, else `unbraid` in the user's cache
    folder."""
    chosen = os.environ.get("UNBRAID_CACHE")
    return Path(chosen).expanduser() if chosen else user_cache_folder() / "unbraid"
