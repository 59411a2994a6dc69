"""Parquet files as Hugging Face's data sets have them: a column of encoded pictures beside columns of labels."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....common.checking.ranges import as_many_as_fit
from ....common.errors import DataError
from ..arrays.array_file import ArrayFile
from ..pictures.picture_folder import Size, decode
from .factor_columns import columns_of_values

ROWS = 1000
VALUE_BYTES = 400  # of memory that a value of a table takes on its way


def open_parquet(path: Path) -> Any:
    """A pyarrow ParquetFile.  Raises DataError without pyarrow or for a file that is none."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(f"{path} is read with pyarrow, which is not installed. Run: pip install 'unbraid[parquet]'"
                        ) from error
    with _whole(path):
        return pyarrow.parquet.ParquetFile(path)


def read_parquet(path: Path, without: str | None = None) -> dict[str, list[Any]]:
    """The columns of a file by name, but for `without`.

    Raises DataError for a damaged file, several columns of one name, and more rows than memory allows: a file of some
    bytes can say a billion times the same."""
    file = open_parquet(path)
    names = [name for name in file.schema_arrow.names if name != without]
    if repeated := next((name for number, name in enumerate(names) if name in names[:number]), None):
        raise DataError(f"{path} has several columns called {repeated!r}; expected a name of its own for each.")
    most = as_many_as_fit(1, VALUE_BYTES * max(1, len(names)))
    if file.metadata.num_rows not in most:
        raise DataError(f"{path} has {file.metadata.num_rows:,} rows; expected a number{most}.")
    with _whole(path):
        return dict(file.read(columns=names).to_pydict()) if names else {}


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Within the block, what pyarrow stumbles over becomes a DataError."""
    import pyarrow

    try:
        yield
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise error if isinstance(error, DataError) else DataError(
            f"{path} is not a whole parquet file ({error}). Fetch it again.") from error


def picture_column(path: Path) -> str | None:
    """Name of the column with pictures: encoded files, or structs of their bytes and path; None without one."""
    import pyarrow

    for field in open_parquet(path).schema_arrow:
        is_struct = pyarrow.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
        if is_struct or pyarrow.types.is_binary(field.type) or pyarrow.types.is_large_binary(field.type):
            return str(field.name)
    return None


def parquet_pictures(paths: Sequence[Path], column: str, size: Size | None) -> ArrayFile:
    """(N, H, W, C) uint8 of the pictures of all files, in order."""
    count = sum(open_parquet(path).metadata.num_rows for path in paths)
    facts = hashlib.sha256(repr([(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths]).encode())
    return decode(count, lambda: _encoded(paths, column), list(paths), f"{column}-{facts.hexdigest()[:12]}", size)


def parquet_columns(paths: Sequence[Path], without: str) -> dict[str, np.ndarray]:
    """Columns of numbers and texts of all files, joined; lists of numbers are split into columns."""
    tables = [read_parquet(path, without) for path in paths]
    columns: dict[str, np.ndarray] = {}
    for name in tables[0]:
        if lacking := [path for path, table in zip(paths, tables, strict=True) if name not in table]:
            raise DataError(f"{lacking[0]} has no column {name!r}, which {paths[0]} has.")
        values = [value for table in tables for value in table[name]]
        columns |= columns_of_values(name, values, str(paths[0]))
    return columns


def _encoded(paths: Sequence[Path], column: str) -> Iterator[bytes]:
    for path in paths:
        with _whole(path):
            for batch in open_parquet(path).iter_batches(batch_size=ROWS, columns=[column]):
                for value in batch.column(0).to_pylist():
                    encoded = value["bytes"] if isinstance(value, dict) else value
                    if not isinstance(encoded, bytes):
                        raise DataError(f"{path} has a row without a picture in its column {column!r}.")
                    yield encoded
