"""Arrays in .npy and .npz files.  Nothing is ever unpickled: an object array is refused by its header."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from ...common.errors import DataError
from .array_file import ArrayFile
from .array_source import ArraySource, parts

LOCAL_HEADER = 30  # bytes of a zip member's own header before its name


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in an archive."""
    with _npz(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def npy_source(path: Path) -> ArraySource:
    """The array of an .npy file."""
    with path.open("rb") as file:
        shape, dtype = _read_header(file, str(path))
        offset = file.tell()
    return ArraySource(path, "", shape, dtype, lambda shape: _npy_blocks(path, offset, shape, dtype), offset)


def npz_source(path: Path, key: str) -> ArraySource:
    """One array of an .npz archive."""
    with _npz(path) as archive:
        member = archive.getinfo(f"{key}.npy")
        with archive.open(member) as stream:
            shape, dtype = _read_header(stream, f"{key!r} in {path}")
            header_bytes = stream.tell()
    offset = None
    if member.compress_type == zipfile.ZIP_STORED:
        offset = _member_offset(path, member) + header_bytes
    return ArraySource(path, key, shape, dtype, lambda shape: _npz_blocks(path, member, shape, dtype), offset)


def _read_header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], np.dtype]:
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran_order, dtype = read(stream)
    except (ValueError, EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{where} is not a numpy array: {error}.") from error
    if dtype.hasobject:
        raise DataError(f"{where} holds pickled objects, which are never loaded; expected an array of numbers.")
    if fortran_order and len(shape) > 1:
        raise DataError(f"{where} is stored column by column (Fortran order); save it again with np.ascontiguousarray.")
    return shape, dtype


@contextmanager
def _npz(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path} is not a whole .npz archive ({error}); it may be truncated. Fetch it again."
                        ) from error


def _member_offset(path: Path, member: zipfile.ZipInfo) -> int:
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(LOCAL_HEADER)
    # Lengths of the member's name and of its extra field, which may differ from those in the archive's directory.
    return member.header_offset + LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(
        header[28:30], "little")


def _npy_blocks(path: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[np.ndarray]:
    array = ArrayFile(path, offset, shape, dtype)
    return (array[part] for part in parts(shape, dtype))


def _npz_blocks(path: Path, member: zipfile.ZipInfo, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[np.ndarray]:
    with _npz(path) as archive, archive.open(member) as stream:
        _read_header(stream, str(path))
        for part in parts(shape, dtype):
            block = np.empty((part.stop - part.start, *shape[1:]), dtype=dtype)
            data = stream.read(block.nbytes)
            if len(data) < block.nbytes:
                raise DataError(f"{path} is truncated: {member.filename} ends before row {part.stop} of {shape[0]}.")
            yield np.frombuffer(data, dtype=dtype).reshape(block.shape)
        stream.read(1)  # at its end the archive's own checksum is compared
