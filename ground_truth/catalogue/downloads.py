"""Files from the data sets' home pages: resumed, checked and unpacked; nothing half finished under its final name."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...common.commands.command_line import progress
from ...common.disk.files import atomic_directory, atomic_file
from ...common.disk.locks import locked
from ...common.errors import DataError
from .about import About, DataFile

CHUNK = 1 << 20
TIMEOUT_SECONDS = 60
RANGE_NOT_SATISFIABLE = 416


def download(file: DataFile, root: Path, about: About) -> Path:
    """Fetches `file` into `root` unless it is there; returns where it is.

    What arrived is kept in a `.part` file, from which a later call goes on.  Raises DataError when the file cannot be
    fetched or has another checksum than the pinned one."""
    target = root / file.path
    if target.exists():
        return target
    with locked(target):
        return _download(file, target, about)


def _download(file: DataFile, target: Path, about: About) -> Path:
    part = target.parent / (file.url.rsplit("/", 1)[-1] + ".part")
    try:
        _transfer(file.url, part)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"{file.url} cannot be fetched ({error}). Run the command again to go on where it stopped, or "
                        f"fetch the file by hand from {about.home} and put it{_unpacked(file)} at {target}") from error
    _check(part, file)
    _unpack(part, target, file.unpack)
    part.unlink(missing_ok=True)
    return target


def checksum(path: Path, algorithm: str) -> str:
    """Hexadecimal checksum of a file; algorithm: "sha256" or "md5"."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _transfer(url: str, part: Path) -> None:
    """Appends to `part` what it lacks.  Raises OSError when the connection fails or ends early."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "unbraid", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if start and error.code == RANGE_NOT_SATISFIABLE:  # nothing is lacking
            return
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0
        length = response.headers.get("Content-Length")
        total = None if length is None else start + int(length)
        with part.open("ab" if start else "wb") as file:
            for chunk in _with_progress(response, part.stem, start, total):
                file.write(chunk)
    if total is not None and part.stat().st_size < total:
        raise OSError(f"the connection ended after {part.stat().st_size} of {total} bytes")


def _with_progress(response: Any, name: str, start: int, total: int | None) -> Iterator[bytes]:
    with progress(desc=name, initial=start, total=total, unit="B", unit_scale=True) as bar:
        while chunk := response.read(CHUNK):
            bar.update(len(chunk))
            yield chunk


def _check(part: Path, file: DataFile) -> None:
    """Compares with the pinned checksum, and removes a file that differs: going on from it cannot help."""
    for algorithm, expected in (("sha256", file.sha256), ("md5", file.md5)):
        if expected is None:
            continue
        found = checksum(part, algorithm)
        if found != expected:
            part.unlink()
            raise DataError(f"{file.url} has the {algorithm} checksum {found}; expected {expected}. What arrived was "
                            "removed: the file at its home has changed, or the transfer was damaged; try again.")
        return


def _unpack(part: Path, target: Path, unpack: str | None) -> None:
    kind, _, prefix = (unpack or "").partition(":")
    try:
        if kind == "":
            part.replace(target)
        elif kind == "gz":
            with gzip.open(part) as source, atomic_file(target) as temporary, temporary.open("wb") as plain:
                shutil.copyfileobj(source, plain, CHUNK)
        else:
            _extract(part, target, kind, prefix)
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error) as error:
        part.unlink(missing_ok=True)
        raise DataError(f"What was downloaded for {target} is not a whole archive ({error}). It was removed; try again."
                        ) from error


def _extract(archive: Path, target: Path, kind: str, prefix: str) -> None:
    with atomic_directory(target) as folder:
        if kind == "tar":
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
        else:
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(folder)
        wanted = folder / prefix
        if not wanted.is_dir():
            raise tarfile.TarError(f"it has no folder {prefix}")
        # Only the wanted folder stays: it is moved aside, the rest removed, and its content moved up.
        aside = folder.with_name(folder.name + ".wanted")
        wanted.rename(aside)
        shutil.rmtree(folder)
        aside.rename(folder)


def _unpacked(file: DataFile) -> str:
    return ", unpacked," if file.unpack else ""
