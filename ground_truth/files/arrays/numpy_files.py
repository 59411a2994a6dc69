"""Arrays in .npy and .npz files.  Nothing is ever unpickled; see object_arrays.py for arrays of objects."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from ....common.disk.arrays import read_header
from ....common.disk.reading import UnreadableError
from ....common.errors import DataError, UserError
from .array_file import ArrayFile
from .array_source import ArraySource, in_memory, parts
from .object_arrays import read_objects

# Of zipfile: also encrypted members, unknown compression, names that are not text.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
LOCAL_HEADER = 30  # bytes of a zip member's own header before its name


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in an archive."""
    with _npz(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def npy_source(path: Path) -> ArraySource:
    """The array of an .npy file."""
    with path.open("rb") as file:
        header = _read_header(file, str(path))
        offset = file.tell()
        if header.dtype.hasobject:
            return in_memory(path, "", read_objects(file, str(path)))
    if header.fortran_order:
        return _by_columns(path, "", header, offset, lambda: path.open("rb"))
    shape, dtype = header.shape, header.dtype
    return ArraySource(path, "", shape, dtype, lambda shape: _npy_blocks(path, offset, shape, dtype), offset)


def npz_source(path: Path, key: str) -> ArraySource:
    """One array of an .npz archive."""
    where = f"{key!r} in {path}"
    with _npz(path) as archive:
        member = archive.getinfo(f"{key}.npy")
        with archive.open(member) as stream:
            header = _read_header(stream, where)
            header_bytes = stream.tell()
            if header.dtype.hasobject:
                return in_memory(path, key, read_objects(stream, where))
    if (expected := header_bytes + math.prod(header.shape) * header.dtype.itemsize) != member.file_size:
        raise DataError(f"{where} says it has shape {header.shape}, which takes {expected:,} bytes; there are "
                        f"{member.file_size:,}. The file is damaged; fetch it again.")
    if header.fortran_order:
        return _by_columns(path, key, header, header_bytes, lambda: _member_stream(path, member))
    offset = None
    if member.compress_type == zipfile.ZIP_STORED:
        offset = _member_offset(path, member) + header_bytes
    shape, dtype = header.shape, header.dtype
    return ArraySource(path, key, shape, dtype, lambda shape: _npz_blocks(path, member, shape, dtype), offset)


def _by_columns(path: Path, key: str, header: Header, offset: int,
                open_stream: Callable[[], AbstractContextManager[IO[bytes]]]) -> ArraySource:
    """An array in Fortran order, read whole when its rows are asked for: they lie scattered over the file."""

    def blocks(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
        num_bytes = math.prod(header.shape) * header.dtype.itemsize
        with open_stream() as stream:
            stream.read(offset)
            data = stream.read(num_bytes)
        if len(data) < num_bytes:
            raise DataError(f"{path} is truncated: {key or 'its array'} has {len(data)} of {num_bytes} bytes.")
        array = np.frombuffer(data, dtype=header.dtype).reshape(header.shape, order="F").reshape(shape)
        return (array[part] for part in parts(shape, header.dtype))

    return ArraySource(path, key, header.shape, header.dtype, blocks)


class Header(NamedTuple):
    """What an .npy file says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool  # False also where the order makes no difference


def _read_header(stream: IO[bytes], where: str) -> Header:
    try:
        shape, fortran_order, dtype = read_header(stream, where)
    except UnreadableError as error:
        raise DataError(str(error)) from error
    return Header(shape, dtype, fortran_order and len(shape) > 1)


@contextmanager
def _member_stream(path: Path, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    with _npz(path) as archive, archive.open(member) as stream:
        yield stream


@contextmanager
def _npz(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except UserError:
        raise
    except DAMAGED as error:
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
            block_shape = (part.stop - part.start, *shape[1:])
            num_bytes = math.prod(block_shape) * dtype.itemsize
            data = stream.read(num_bytes)
            if len(data) < num_bytes:
                raise DataError(f"{path} is truncated: {member.filename} ends before row {part.stop} of {shape[0]}.")
            yield np.frombuffer(data, dtype=dtype).reshape(block_shape)
        stream.read(1)  # at its end the archive's own checksum is compared
