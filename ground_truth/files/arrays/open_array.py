"""Arrays in files of every format, by path and key."""

from __future__ import annotations

from pathlib import Path

from ....common.errors import DataError, MissingDataError
from ..reads import note_read
from .array_source import ArraySource
from .hdf5_files import h5_keys, h5_source
from .numpy_files import npy_source, npz_keys, npz_source

HDF5 = (h5_keys, h5_source)
READERS = {".npz": (npz_keys, npz_source), ".h5": HDF5, ".hdf5": HDF5, ".hdf": HDF5}


def array_source(path: Path, *keys: str) -> ArraySource:
    """The array under the first of `keys` that the file holds; an .npy file has no keys.

    A folder of .npy files holds an array for each, under its name.  Raises MissingDataError without a file, DataError
    for a damaged one or one without any of the keys."""
    source = _source(path, *keys)
    if not source.shape:
        raise DataError(f"{source} is a single value or empty; expected an array with a row for each image or factor.")
    return source


def _source(path: Path, *keys: str) -> ArraySource:
    present = stored_keys(path)
    if path.suffix == ".npy":
        return npy_source(path)
    for key in keys:
        if key in present:
            return npy_source(path / f"{key}.npy") if path.is_dir() else READERS[path.suffix][1](path, key)
    raise DataError(f"{path} has no array {' or '.join(map(repr, keys))}; "
                    f"it holds: {', '.join(sorted(present)) or 'nothing'}.")


def stored_keys(path: Path) -> list[str]:
    """Names of the arrays in a file or in a folder of .npy files; an .npy file has none.

    Raises as `array_source` does."""
    if folder_of_arrays(path):
        return [file.stem for file in sorted(path.glob("*.npy"))]
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.")
    note_read(path)
    if path.suffix == ".npy":
        return []
    if path.suffix not in READERS:
        raise DataError(f"{path} has the suffix {path.suffix!r}; expected one of .npy, {', '.join(READERS)}.")
    return READERS[path.suffix][0](path)


def folder_of_arrays(path: Path) -> bool:
    """Whether `path` is a folder with several .npy files, each an array of a data set."""
    return path.is_dir() and len(list(path.glob("*.npy"))) > 1
