"""Arrays in HDF5 files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import DataError, UserError
from .array_source import BLOCK_BYTES, ArraySource, in_memory


def h5_keys(path: Path) -> list[str]:
    """Names of the data sets in a file, groups and all."""
    import h5py

    names: list[str] = []
    with _h5(path) as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def h5_source(path: Path, key: str) -> ArraySource:
    """One data set of an HDF5 file."""
    import h5py

    with _h5(path) as file:
        dataset = _inside(file, key, path)
        if h5py.check_string_dtype(dataset.dtype) is not None:
            return in_memory(path, key, np.asarray(dataset.asstr()[()], dtype=str))
        if dataset.dtype.hasobject:
            raise DataError(f"{key!r} in {path} holds objects of type {dataset.dtype}; expected numbers or texts.")
        shape, dtype, offset = dataset.shape, dataset.dtype, dataset.id.get_offset()
    return ArraySource(path, key, shape, dtype, lambda shape: _h5_blocks(path, key, shape), offset)


def _inside(file: Any, key: str, path: Path) -> Any:
    """The data set.  Raises DataError when its numbers lie in other files: this file may not choose what is read."""
    import h5py

    parts = [part for part in key.split("/") if part]
    links = [file.get("/".join(parts[: i + 1]), getlink=True) for i in range(len(parts))]
    dataset = None if any(isinstance(link, h5py.ExternalLink) for link in links) else file[key]
    if dataset is None or (isinstance(dataset, h5py.Dataset) and (dataset.external or dataset.is_virtual)):
        raise DataError(f"{key!r} in {path} reads its numbers from other files. It is refused; copy them into one "
                        "file, such as with h5repack.")
    return dataset


@contextmanager
def _h5(path: Path) -> Iterator[Any]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} is not a whole HDF5 file ({error}); it may be truncated. Fetch it again.") from error
    with file:
        try:
            yield file
        except UserError:
            raise
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # h5py's, of damaged metadata
            raise DataError(f"{path} cannot be read as HDF5 ({error}); it may be damaged. Fetch it again.") from error


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
