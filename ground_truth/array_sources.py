"""Arrays inside .npz, .npy and .h5 files: looked at without reading them, then streamed or read in place.

Nothing is ever unpickled: an object array is refused by its header.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..common.errors import DataError, MissingDataError
from .array_file import ArrayFile

BLOCK_BYTES = 1 << 26
LOCAL_HEADER = 30  # bytes of a zip member's own header before its name


@dataclass(frozen=True)
class ArraySource:
    """An array in a file.  offset: where its bytes lie as they are; None when they are compressed."""

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[tuple[int, ...]], Iterator[np.ndarray]]  # as if the array had the given shape; see blocks
    offset: int | None = None

    def __str__(self) -> str:
        return f"{self.key!r} in {self.path}" if self.key else str(self.path)

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, some 64 MB at a time."""
        return self.read(self.shape)

    def reshape(self, shape: tuple[int, ...]) -> ArraySource:
        """The same array in another shape."""
        return replace(self, shape=shape)

    def in_place(self) -> ArrayFile | None:
        """Rows read straight from the file; None when they are compressed."""
        return None if self.offset is None else ArrayFile(self.path, self.offset, self.shape, self.dtype)

    def load(self) -> np.ndarray:
        """The whole array in memory."""
        blocks = list(self.blocks())
        return np.concatenate(blocks) if blocks else np.empty(self.shape, dtype=self.dtype)


def array_source(path: Path, *keys: str) -> ArraySource:
    """The array under the first of `keys` that the file holds; an .npy file has no keys.

    Raises MissingDataError without a file, DataError for a damaged one or one without any of the keys."""
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.")
    openers: dict[str, Callable[[], ArraySource]] = {
        ".npy": lambda: npy_source(path), ".npz": lambda: npz_source(path, keys),
        ".h5": lambda: h5_source(path, keys), ".hdf5": lambda: h5_source(path, keys)}
    if path.suffix not in openers:
        raise DataError(f"{path} has the suffix {path.suffix!r}; expected one of {', '.join(openers)}.")
    return openers[path.suffix]()


def stored_keys(path: Path) -> list[str]:
    """Names of the arrays in an .npz or .h5 file."""
    if path.suffix == ".npz":
        with _npz(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    import h5py

    with _h5(path) as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        return names


def npy_source(path: Path) -> ArraySource:
    """The array of an .npy file."""
    with path.open("rb") as file:
        shape, dtype = _read_header(file, str(path))
        offset = file.tell()
    return ArraySource(path, "", shape, dtype, lambda shape: _npy_blocks(path, offset, shape, dtype), offset)


def npz_source(path: Path, keys: Sequence[str]) -> ArraySource:
    """One array of an .npz archive."""
    key = _choose(path, keys)
    with _npz(path) as archive:
        member = archive.getinfo(f"{key}.npy")
        with archive.open(member) as stream:
            shape, dtype = _read_header(stream, f"{key!r} in {path}")
            header_bytes = stream.tell()
    offset = None
    if member.compress_type == zipfile.ZIP_STORED:
        offset = _member_offset(path, member) + header_bytes
    return ArraySource(path, key, shape, dtype, lambda shape: _npz_blocks(path, member, shape, dtype), offset)


def h5_source(path: Path, keys: Sequence[str]) -> ArraySource:
    """One data set of an HDF5 file."""
    key = _choose(path, keys)
    with _h5(path) as file:
        dataset = file[key]
        if dataset.dtype.hasobject:
            raise DataError(f"{key!r} in {path} holds objects of type {dataset.dtype}; expected numbers.")
        shape, dtype, offset = dataset.shape, dataset.dtype, dataset.id.get_offset()
    return ArraySource(path, key, shape, dtype, lambda shape: _h5_blocks(path, key, shape), offset)


def _choose(path: Path, keys: Sequence[str]) -> str:
    present = stored_keys(path)
    for key in keys:
        if key in present:
            return key
    raise DataError(f"{path} has no array {' or '.join(map(repr, keys))}; "
                    f"it holds: {', '.join(sorted(present)) or 'nothing'}.")


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


def _parts(shape: tuple[int, ...], dtype: np.dtype) -> Iterator[slice]:
    row_bytes = max(1, int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize)
    rows = max(1, BLOCK_BYTES // row_bytes)
    return (slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows))


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
    return (array[part] for part in _parts(shape, dtype))


def _npz_blocks(path: Path, member: zipfile.ZipInfo, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[np.ndarray]:
    with _npz(path) as archive, archive.open(member) as stream:
        _read_header(stream, str(path))
        for part in _parts(shape, dtype):
            block = np.empty((part.stop - part.start, *shape[1:]), dtype=dtype)
            data = stream.read(block.nbytes)
            if len(data) < block.nbytes:
                raise DataError(f"{path} is truncated: {member.filename} ends before row {part.stop} of {shape[0]}.")
            yield np.frombuffer(data, dtype=dtype).reshape(block.shape)
        stream.read(1)  # at its end the archive's own checksum is compared


@contextmanager
def _h5(path: Path) -> Iterator[Any]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} is not a whole HDF5 file ({error}); it may be truncated. Fetch it again.") from error
    with file:
        yield file


def _h5_blocks(path: Path, key: str, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    with _h5(path) as file:
        dataset = file[key]
        # Whole chunks at a time: a chunk is decompressed every time a part of it is read.
        chunk = (dataset.chunks or (1,))[0]
        rows = chunk * max(1, BLOCK_BYTES * len(dataset) // max(1, chunk * dataset.nbytes))
        for start in range(0, len(dataset), rows):
            try:
                yield dataset[start : start + rows].reshape(-1, *shape[1:])
            except OSError as error:
                raise DataError(f"{key!r} in {path} cannot be read from row {start} on ({error}); the file may be "
                                "damaged. Fetch it again.") from error
