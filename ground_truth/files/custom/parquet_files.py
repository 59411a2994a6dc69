"""Parquet files as Hugging Face's data sets have them: a column of encoded pictures beside columns of labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import DataError
from ..arrays.array_file import ArrayFile
from ..arrays.object_arrays import plain_array
from ..pictures.picture_folder import Size, decode
from .factor_columns import columns_of

ROWS = 1000


def open_parquet(path: Path) -> Any:
    """A pyarrow ParquetFile.  Raises DataError without pyarrow or for a file that is none."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(f"{path} is read with pyarrow, which is not installed. Run: pip install 'unbraid[parquet]'"
                        ) from error
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} is not a whole parquet file ({error}). Fetch it again.") from error


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
    tables = [open_parquet(path) for path in paths]
    names = [name for name in tables[0].schema_arrow.names if name != without]
    columns: dict[str, np.ndarray] = {}
    for name in names:
        values = [value for table in tables for value in table.read(columns=[name]).column(0).to_pylist()]
        if values and all(isinstance(value, list) for value in values):
            parts = columns_of(np.array(values), None, f"Column {name!r} of {paths[0]}")
            columns |= {f"{name}_{number}": part for number, part in enumerate(parts.values())}
        else:
            columns[name] = plain_array(values, f"Column {name!r} of {paths[0]}")
    return columns


def _encoded(paths: Sequence[Path], column: str) -> Iterator[bytes]:
    for path in paths:
        for batch in open_parquet(path).iter_batches(batch_size=ROWS, columns=[column]):
            for value in batch.column(0).to_pylist():
                encoded = value["bytes"] if isinstance(value, dict) else value
                if encoded is None:
                    raise DataError(f"{path} has a row without a picture in its column {column!r}.")
                yield encoded
