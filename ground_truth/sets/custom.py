"""Bring your own data: images and factors from a file of arrays, a folder of pictures or parquet files.

A table of factors may be an incomplete grid or observational data.  Without factors, models can be trained on the
images.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from ...common.configuration.parsing import always_record
from ...common.errors import ConfigurationError, DataError
from ..bases.custom_data_sets import CustomGrid, CustomImagesOnly, CustomTable
from ..bases.factor_table import is_full_grid, rows_by_index
from ..bases.no_images import NoImages
from ..files.custom.custom_contents import Wanted, read_contents
from ..files.custom.custom_images import CustomImages
from ..files.custom.factor_columns import as_numbers_or_texts, factor_of, names_of, without_names
from ..ground_truth_data import GroundTruthData
from ..registry import register

always_record("custom_data", "path")


@register("custom")
@gin.configurable("custom_data")
def custom_data(path: str = gin.REQUIRED, *, name: str = "", images_key: str | None = None,
                factors_key: str | None = None, factors_path: str | None = None,
                factor_sizes: Sequence[int] | None = None, factor_names: Sequence[str] | None = None,
                factor_bins: int | None = 20, layout: str | None = None, maximum: float | None = None,
                resize: int | Sequence[int] | None = None) -> GroundTruthData:
    """A user's own data, chosen by gin bindings alone (docs/data_sets.md lists what is read).

        dataset.name = "custom"
        custom_data.path = "my_data.npz"

    path: a file of arrays (.npz, .h5), a folder of .npy files, a folder of pictures, the table beside them (.csv,
    .tsv, .jsonl, .parquet), or parquet files that hold the pictures.
    name: what tables and reports call the data; by default the file's name.
    images_key, factors_key: arrays in a file, by default `images` and `factors` or what else these are often called.
    factors_path: a table with a row for each image, relative to the folder of the images.
    factor_sizes: the images are a full grid in row-major order, the last factor varying fastest; with factors, their
    values are whole numbers from 0.  factor_names: names, or which columns of a table are the factors.
    factor_bins: continuous factors are put into this many bins of equal width; None keeps every value as a class.
    layout: "NHWC" or "NCHW" where the shape leaves it open.  maximum: the stored value that is white.
    resize: side, or [height, width], of images after resizing; the aspect is not kept."""
    del name  # read by reports from the recorded configuration
    wanted = Wanted(images_key, factors_key, factors_path, layout, maximum, size_of(resize))
    contents = read_contents(Path(path).expanduser(), wanted)
    sizes = whole_sizes(contents.sizes if factor_sizes is None else factor_sizes, contents.where)
    if contents.columns is not None:
        columns = chosen_columns(contents.columns, factor_names, contents.where, "custom_data.factor_names")
        return with_columns(contents.images, columns, sizes, factor_bins, contents.where)
    if sizes is None:
        return CustomImagesOnly(contents.images, contents.note)
    num_images = contents.images.shape[0]
    if np.prod(sizes) != num_images:
        raise DataError(f"{contents.images.where} has {num_images} images; factor_sizes {sizes} makes "
                        f"{int(np.prod(sizes))} of a full grid.")
    names = factor_names if factor_names is not None else contents.names
    return CustomGrid(contents.images, sizes, names_of(len(sizes), names, contents.where))


def with_columns(images: CustomImages | NoImages, columns: dict[str, np.ndarray], sizes: list[int] | None,
                 num_bins: int | None, where: str, binding: str = "custom_data.factor_bins") -> GroundTruthData:
    """A grid where the columns (N,) cover one, or have to because its sizes are given; else a table.

    binding: what sets the number of bins, for messages."""
    if not columns:
        raise DataError(f"{where} has no column of factors.")
    num_rows, names = len(next(iter(columns.values()))), list(columns)
    if num_rows != images.shape[0]:
        raise DataError(f"{where} has {num_rows} rows; expected one row of factors for each of {images.shape[0]} "
                        "images.")
    if sizes is not None:
        factors = np.stack([whole_numbers(name, column, where) for name, column in columns.items()], axis=1)
        return CustomGrid(images, sizes, names, rows_by_index(factors, sizes, names, where))
    found = [factor_of(name, column, num_bins, where, binding) for name, column in columns.items()]
    factors, sizes = np.stack([factor.classes for factor in found], axis=1), [factor.size for factor in found]
    data: Any
    if not any(factor.is_binned for factor in found) and is_full_grid(factors, sizes):
        data = CustomGrid(images, sizes, names, rows_by_index(factors, sizes, names, where))
    else:
        data = CustomTable(images, factors, sizes, names)
    data.factor_values = [factor.values for factor in found]
    data.binned_factors = {factor.name: factor.size for factor in found if factor.is_binned}
    data.continuous_values = {position: as_numbers_or_texts(columns[factor.name], factor.name, where)
                              for position, factor in enumerate(found) if factor.is_binned}
    return data


def chosen_columns(columns: dict[str, np.ndarray], names: Sequence[str] | None, where: str,
                   binding: str) -> dict[str, np.ndarray]:
    """All columns that may be factors, those called `names`, or all of them renamed where none has such a name.

    binding: what sets `names`, for messages."""
    if names is None:
        return without_names(columns, where, binding)
    if all(name in columns for name in names):
        return {name: columns[name] for name in names}
    return dict(zip(names_of(len(columns), names, f"{where} has the columns {', '.join(columns)}"), columns.values(),
                    strict=True))


def whole_sizes(sizes: Any, where: str) -> list[int] | None:
    """Factor sizes as ints, also from an array of floats.  Raises DataError unless they are whole and positive."""
    if sizes is None:
        return None
    array = np.asarray(sizes).reshape(-1)
    is_whole = array.dtype.kind in "iuf" and np.isfinite(array).all() and (array == np.rint(array)).all()
    if not is_whole or (array < 1).any():
        raise DataError(f"{where}: factor_sizes is {np.asarray(sizes).tolist()}; expected whole numbers from 1.")
    return [int(size) for size in array]


def whole_numbers(name: str, column: np.ndarray, where: str) -> np.ndarray:
    """A column as int64.  Raises DataError when it is not whole numbers."""
    column = as_numbers_or_texts(column, name, where)
    if column.dtype.kind != "f" or (column != np.rint(column)).any():
        raise DataError(f"{where}: factor {name!r} has fractions or texts; with factor_sizes given, factors are whole "
                        "numbers from 0.")
    return column.astype(np.int64)


def size_of(resize: Any) -> tuple[int, int] | None:
    """(height, width) of `custom_data.resize`.  Raises ConfigurationError."""
    if resize is None:
        return None
    sides = [resize, resize] if isinstance(resize, int) else list(resize)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise ConfigurationError(f"custom_data.resize is {resize!r}; expected a side such as 64, or [HEIGHT, WIDTH].")
    return sides[0], sides[1]
