"""What a user's own data hold: images and, as far as there are any, columns of factors."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....common.errors import DataError, MissingDataError
from ..arrays.array_source import ArraySource
from ..arrays.open_array import array_source, folder_of_arrays, stored_keys
from ..pictures.picture_folder import Size, decoded_pictures, pictures_in
from .custom_images import CustomImages
from .custom_keys import FACTORS, IMAGES, NAMES, SIZES, find_key, group_of, other_keys
from .factor_columns import columns_of, decoded_texts
from .factor_files import TABLE_SUFFIXES, Columns, factors_of_folders, find_table, match_pictures, read_table
from .parquet_files import parquet_columns, parquet_pictures, picture_column

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What bindings say of the data: see `custom_data`."""

    images_key: str | None = None
    factors_key: str | None = None
    factors_path: str | None = None
    layout: str | None = None
    maximum: float | None = None
    resize: Size | None = None


@dataclass(frozen=True)
class Contents:
    """Images, columns of factors by name, names and sizes of factors where the data give them.

    where: the factors, or the data, in messages.  note: on where factors may be, for data without any."""

    images: CustomImages
    columns: Columns | None
    where: str
    names: Sequence[str] | None = None
    sizes: np.ndarray | None = None
    note: str = ""


def read_contents(path: Path, wanted: Wanted) -> Contents:
    """Data from a file of arrays, a folder of pictures, a table beside pictures, or parquet files.

    Raises MissingDataError when nothing is there, DataError for what cannot be read."""
    if not path.exists():
        raise MissingDataError(f"There is no file or folder {path}. Bind custom_data.path to where the data are.")
    suffix = path.suffix.lower()
    if suffix == ".parquet" and (column := picture_column(path)):
        return _of_parquet([path], column, wanted)
    if path.is_file() and suffix in TABLE_SUFFIXES and suffix != ".npy":
        return _of_pictures(path.parent, pictures_in(path.parent), path, wanted)
    if path.is_file() or folder_of_arrays(path):
        return _of_arrays(path, wanted)
    shards = sorted(path.rglob("*.parquet"))
    if shards and (column := picture_column(shards[0])):
        return _of_parquet(shards, column, wanted)
    return _of_pictures(path, pictures_in(path), None, wanted)


def _of_arrays(path: Path, wanted: Wanted) -> Contents:
    keys = stored_keys(path)
    images_key = find_key(keys, wanted.images_key, IMAGES) or "images"
    images = CustomImages.open(array_source(path, images_key), wanted.layout, wanted.maximum)
    images = images.resized(*wanted.resize) if wanted.resize else images
    group = group_of(images_key)

    def load(known: Sequence[str], chosen: str | None = None) -> ArraySource | None:
        key = find_key(keys, chosen, known, group)
        return None if key is None or (path.suffix == ".npy" and chosen is None) else array_source(path, key)

    named, sized, factors = load(NAMES), load(SIZES), load(FACTORS, wanted.factors_key)
    names = None if named is None else texts(named)
    sizes = None if sized is None else sized.load_few("the sizes of the factors")
    if wanted.factors_path is not None:
        table = find_table(path if path.is_dir() else path.parent, wanted.factors_path)
        assert table is not None
        return Contents(images, read_table(table), str(table), names, sizes)
    if factors is None:
        return Contents(images, None, str(path), names, sizes, other_keys(path, keys, images_key))
    return Contents(images, columns_of(factors.load(), names, str(factors)), str(factors), names, sizes)


def _of_pictures(folder: Path, pictures: Sequence[Path], table: Path | None, wanted: Wanted) -> Contents:
    if not pictures:
        raise DataError(f"{folder} has no pictures and no arrays: expected .png, .jpg and the like, .npy or .parquet "
                        "files in it.")
    table = table or find_table(folder, wanted.factors_path)
    if table is None:
        columns, where = factors_of_folders(pictures, folder) or None, f"The folders in {folder}"
    else:
        where = str(table)
        num_pictures = len(pictures)
        pictures, columns = match_pictures(read_table(table), pictures, folder, where)
        if len(pictures) < num_pictures:
            logger.warning("%s has no row for %d of %d pictures; they are left out.", table,
                           num_pictures - len(pictures), num_pictures)
    images = CustomImages(decoded_pictures(pictures, wanted.resize), str(folder), maximum=wanted.maximum or 255)
    note = (f"{folder} has no table of factors, and its folders name none: put a CSV file with a column of file names "
            "and one for each factor into it.")
    return Contents(images, columns or None, where, note=note)


def _of_parquet(paths: Sequence[Path], column: str, wanted: Wanted) -> Contents:
    pictures = parquet_pictures(paths, column, wanted.resize)
    images = CustomImages(pictures, str(paths[0].parent), maximum=wanted.maximum or 255)
    columns = parquet_columns(paths, column)
    return Contents(images, columns or None, str(paths[0]), note=f"{paths[0]} has no column but {column!r}.")


def texts(source: ArraySource) -> list[str]:
    """An array of names.  Raises DataError for another one."""
    values = decoded_texts(source.load_few("the names of the factors").reshape(-1), str(source))
    if values.dtype.kind != "U":
        raise DataError(f"{source} has type {values.dtype}; expected the names of the factors as texts.")
    return [str(value) for value in values]
