"""Points in files, one row for each: columns of numbers or texts by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ....common.errors import DataError, MissingDataError
from ..arrays.open_array import READERS, array_source, stored_keys
from ..reads import note_read
from .custom_contents import texts
from .custom_keys import NAMES, find_key
from .factor_columns import columns_of
from .factor_files import TABLE_SUFFIXES, Columns, read_table

SUFFIXES = (".npy", *READERS, *(suffix for suffix in TABLE_SUFFIXES if suffix != ".npy"))
IS_TABLE = frozenset(TABLE_SUFFIXES) - {".npy"}


def read_columns(path: Path, known_keys: Sequence[str], key: str | None = None,
                 names_keys: Sequence[str] = NAMES, prefix: str = "factor_") -> Columns | None:
    """Reads the columns of a table, or of an array (n, num_columns) in a file of arrays.

    known_keys: what the array is usually called.  key: what it is called here.  names_keys: of an array of names.
    prefix: of the names of columns that have none.
    Returns None where a file of arrays has no array under any of these keys.
    Raises MissingDataError without a file, DataError for one that cannot be read."""
    check_suffix(path)
    note_read(path)
    if path.suffix.lower() in IS_TABLE:
        return read_table(path)
    keys = stored_keys(path)
    found = "" if path.suffix == ".npy" else find_key(keys, key, known_keys)
    if found is None:
        return None
    names_key = find_key(keys, None, names_keys)
    names = None if names_key is None else texts(array_source(path, names_key))
    source = array_source(path, found)
    return columns_of(source.load(), names, str(source), prefix)


def check_suffix(path: Path) -> None:
    """Raises MissingDataError without a file, DataError for one whose name has another ending than those read."""
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path} has the suffix {path.suffix!r}; expected one of {', '.join(SUFFIXES)}.")


def narrowed(columns: np.ndarray) -> np.ndarray:
    """float32 where every value is one, as in a parquet file of float32 columns, whose type reading has widened."""
    single = columns.astype(np.float32)
    return single if (single == columns).all() else columns
