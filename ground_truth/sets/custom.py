"""Bring your own data: images and factors from an .npz or .h5 file.

A table of factors may be an incomplete grid or observational data.  Without factors, models can be trained on the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gin
import numpy as np

from ...common.errors import DataError
from ..bases.custom_data_sets import CustomGrid, CustomImagesOnly, CustomTable
from ..bases.factor_table import classes_of, is_full_grid, rows_by_index
from ..files.custom_images import CustomImages
from ..files.open_array import array_source, stored_keys
from ..ground_truth_data import GroundTruthData
from ..registry import register


@register("custom")
@gin.configurable("custom_data")
def custom_data(path: str = gin.REQUIRED, *, images_key: str = "images", factors_key: str = "factors",
                factor_sizes: Sequence[int] | None = None, factor_names: Sequence[str] | None = None,
                layout: str | None = None, maximum: float | None = None) -> GroundTruthData:
    """A user's own file, .npz or .h5, chosen by gin bindings alone.

        dataset.name = "custom"
        custom_data.path = "my_data.npz"

    It has `images` (uint8 or float; NHWC, NCHW or N x H x W) and either `factor_sizes` (a full grid, row-major, the
    last factor varying fastest) or `factors` (a row of numbers for each image), and perhaps `factor_names`.

    factor_sizes, factor_names: where the file has no arrays of these names.  layout: "NHWC" or "NCHW" where the shape
    leaves it open.  maximum: the stored value that is white (255 for uint8, 1 for floats)."""
    file = Path(path).expanduser()
    images = CustomImages(file, images_key, layout, maximum)
    keys = stored_keys(file)
    if factor_sizes is None and "factor_sizes" in keys:
        factor_sizes = array_source(file, "factor_sizes").load().tolist()
    if factor_names is None and "factor_names" in keys:
        factor_names = read_names(file)
    if factors_key in keys:
        table = array_source(file, factors_key)
        return with_table(images, table.load(), factor_sizes, factor_names, str(table))
    if factor_sizes is None:
        return CustomImagesOnly(images)
    if np.prod(factor_sizes) != images.shape[0]:
        raise DataError(f"{images.where} has {images.shape[0]} images; factor_sizes {list(factor_sizes)} makes "
                        f"{int(np.prod(factor_sizes))} of a full grid.")
    return CustomGrid(images, factor_sizes, names_of(len(factor_sizes), factor_names, str(file)))


def with_table(images: CustomImages, values: np.ndarray, sizes: Sequence[int] | None,
               names: Sequence[str] | None, where: str) -> GroundTruthData:
    """A grid where the table (N, F) covers one, or has to because its sizes are given; else a table."""
    if values.ndim != 2 or len(values) != images.shape[0] or values.shape[1] == 0:
        raise DataError(f"{where} has shape {values.shape}; expected one row of factors for each of {images.shape[0]} "
                        "images.")
    if values.dtype.kind not in "iufb" or not np.isfinite(values).all():
        raise DataError(f"{where} has type {values.dtype} with values that are not finite numbers; expected numbers.")
    names = names_of(values.shape[1], names, where)
    if sizes is not None:
        return CustomGrid(images, sizes, names, rows_by_index(whole_numbers(values, where), sizes, names, where))
    factors, found = classes_of(values)
    sizes = [len(column) for column in found]
    if is_full_grid(factors, sizes):
        return CustomGrid(images, sizes, names, rows_by_index(factors, sizes, names, where))
    return CustomTable(images, factors, sizes, names)


def whole_numbers(values: np.ndarray, where: str) -> np.ndarray:
    """`values` as int64.  Raises DataError when they are not whole."""
    if (values != np.rint(values)).any():
        raise DataError(f"{where} has fractions; with factor_sizes given, factors are whole numbers from 0.")
    return values.astype(np.int64)


def names_of(num_factors: int, names: Sequence[str] | None, where: str) -> list[str]:
    """The given names, or factor_0, factor_1, ...  Raises DataError when there are not `num_factors`."""
    if names is None:
        return [f"factor_{number}" for number in range(num_factors)]
    if len(names) != num_factors:
        raise DataError(f"{where}: {len(names)} factor names ({', '.join(names)}) for {num_factors} factors.")
    return list(names)


def read_names(path: Path) -> list[str]:
    """`factor_names` of a file: an array of strings, in HDF5 of variable length as h5py writes them."""
    if path.suffix == ".npz":
        return [str(name) for name in array_source(path, "factor_names").load()]
    import h5py

    with h5py.File(path, "r") as file:
        return [str(name) for name in file["factor_names"].asstr()[:]]
