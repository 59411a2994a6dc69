"""Decoded copies of compressed data files: made once, whole or not at all, and read row by row ever after."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ....common.disk.file_identity import contents_sha256
from ....common.disk.files import atomic_file, cache_directory
from ....common.disk.locks import locked
from ....common.errors import DataError
from ..reads import note_read
from .array_file import ArrayFile
from .array_source import ArraySource
from .numpy_files import npy_source

logger = logging.getLogger(__name__)

Images = ArrayFile | np.ndarray  # indexed by a slice or by positions along the first axis
CHECKSUM_BYTES = 4
LARGE = 1e8  # bytes of a copy that is announced, because it takes time and room
FORMAT = 2  # to be raised when copies are to be made differently, so that old ones are not read


def open_images(source: ArraySource) -> Images:
    """Rows of an array in a file: read in place where that is possible, else from a decoded copy."""
    in_place = source.in_place()
    if in_place is not None:
        return in_place
    return decoded(source.key, [source.path], source.shape, source.dtype, source.blocks)


def decoded(name: str, sources: Sequence[Path], shape: tuple[int, ...], dtype: np.dtype | type,
            blocks: Callable[[], Iterable[np.ndarray]]) -> ArrayFile:
    """The array that `blocks` yields in order, from the cache when a copy of files with this content is there.

    sources: the files it is made from; name: tells arrays of the same files apart."""
    note_read(*sources)
    path = _cached_path((name, shape, np.dtype(dtype).str), sources)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path, wait=True):  # of several processes one decodes, the others wait
            if not path.exists():
                _write(path, sources, shape, np.dtype(dtype), blocks())
    array = npy_source(path).in_place()
    assert array is not None
    return array


def check(array: ArrayFile) -> bool:
    """Whether a decoded copy still has the checksum it was written with."""
    rows = max(1, (1 << 26) * len(array) // max(1, int(np.prod(array.shape))))
    checksum = 0
    for start in range(0, len(array), rows):
        checksum = zlib.crc32(array[start : start + rows].data, checksum)
    with array.path.open("rb") as file:
        file.seek(-CHECKSUM_BYTES, 2)
        return file.read() == checksum.to_bytes(CHECKSUM_BYTES, "little")


def _cached_path(content: tuple[str, tuple[int, ...], str], sources: Sequence[Path]) -> Path:
    key = hashlib.sha256(repr((FORMAT, content, contents_sha256(sources))).encode()).hexdigest()[:16]
    return cache_directory() / f"{sources[0].stem}-{content[0].replace('/', '_')}-{key}.npy"


def _write(path: Path, sources: Sequence[Path], shape: tuple[int, ...], dtype: np.dtype,
           blocks: Iterable[np.ndarray]) -> None:
    num_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    path.parent.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(path.parent).free) < num_bytes:
        raise DataError(f"Decoding {sources[0]} takes {num_bytes / 1e9:.1f} GB in {path.parent}, where only "
                        f"{free / 1e9:.1f} GB are free. Make room, or set UNBRAID_CACHE to a folder on another disk.")
    logger.log(logging.WARNING if num_bytes > LARGE else logging.INFO, "Decoding %s%s once, into %s (%.2f GB).",
               sources[0], f" and {len(sources) - 1} more files" if len(sources) > 1 else "", path, num_bytes / 1e9)
    started = time.monotonic()
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape})
        checksum, rows = 0, 0
        for block in _contiguous(blocks, dtype):
            checksum, rows = zlib.crc32(block.data, checksum), rows + len(block)
            file.write(block.data)
        file.write(checksum.to_bytes(CHECKSUM_BYTES, "little"))
        if rows != shape[0]:
            raise DataError(f"{sources[0]} gave {rows} rows; expected {shape[0]}.")
    logger.info("Decoded %s in %.1f s.", sources[0], time.monotonic() - started)


def _contiguous(blocks: Iterable[np.ndarray], dtype: np.dtype) -> Iterator[np.ndarray]:
    return (np.ascontiguousarray(block, dtype=dtype) for block in blocks)
