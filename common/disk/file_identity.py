"""Content hashes of files.  Large files are hashed once: the hash is remembered until the file changes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..errors import UserError
from .files import atomic_file, cache_directory

KEPT_ON_DISK = 1 << 24  # bytes; hashing less takes milliseconds
# A file written twice within one tick of the file system's clock looks unchanged. So, as in git's index, nothing is
# remembered about a file that was written a moment ago.
SETTLED_SECONDS = 2.0
BLOCK_BYTES = 1 << 22
MOST_NAMES = 8  # more files of one folder are described by one hash

_remembered: dict[str, str] = {}


def content_sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of the bytes of a file, as `sha256sum` prints it."""
    return _once([Path(path)], lambda: _hash_file(Path(path)))


def contents_sha256(paths: Sequence[Path]) -> str:
    """One hash of several files, in their order: of their names and their contents."""
    def compute() -> str:
        lines = (f"{path.name} {_hash_file(path)}\n" for path in paths)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    return _once(paths, compute)


def describe_files(paths: Iterable[Path]) -> dict[str, str]:
    """Content hashes by file name.  Many files of one folder, such as pictures, have one entry for all of them.

    paths: files, or folders, which stand for the files in them."""
    folders: dict[Path, list[Path]] = {}
    for path in sorted(set(paths)):
        files = sorted(child for child in path.iterdir() if child.is_file()) if path.is_dir() else [path]
        for file in files:
            folders.setdefault(file.parent, []).append(file)
    described: dict[str, str] = {}
    for folder, files in folders.items():
        if len(files) > MOST_NAMES:
            described[f"{folder.name} ({len(files)} files)"] = contents_sha256(files)
        else:
            for file in files:
                name = file.name if file.name not in described else f"{folder.name}/{file.name}"
                described[name] = content_sha256(file)
    return described


def _once(paths: Sequence[Path], compute: Callable[[], str]) -> str:
    """`compute()`, or what it returned before if no file has changed since.

    Files are compared by device, inode, size, and times of modification and of status change.  No program can set the
    latter, so a file that was changed and given its old modification time is hashed again."""
    facts = [_facts(path) for path in paths]
    key = hashlib.sha256(repr(facts).encode()).hexdigest()
    if not _is_settled(facts):
        return compute()
    kept = cache_directory() / "hashes" / key[:32] if sum(size for _, _, size, *_ in facts) >= KEPT_ON_DISK else None
    if key not in _remembered:
        found = kept.read_text(encoding="ascii") if kept is not None and kept.is_file() else ""
        digest = found if len(found) == 64 else compute()
        if [_facts(path) for path in paths] != facts:  # written while it was read
            return digest
        _remembered[key] = digest
        if kept is not None and not found:
            _keep(kept, digest)
    return _remembered[key]


def _facts(path: Path) -> tuple[int, int, int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_settled(facts: Sequence[tuple[int, int, int, int, int]]) -> bool:
    latest = max((max(written, changed) for *_, written, changed in facts), default=0)
    return time.time_ns() - latest > SETTLED_SECONDS * 1e9


def _keep(path: Path, digest: str) -> None:
    with contextlib.suppress(OSError, UserError), atomic_file(path) as temporary:  # a cache is no need
        temporary.write_text(digest, encoding="ascii")


def _hash_file(path: Path) -> str:
    if path.exists() and not path.is_file():  # reading a pipe or a device may never end
        raise UserError(f"{path} is no file; expected one.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
