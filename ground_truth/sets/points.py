"""Points without images: the factors of codes that another program computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gin

from ...common.configuration.parsing import always_record
from ...common.errors import DataError
from ..bases.no_images import NoImages
from ..files.custom.custom_keys import FACTORS_OF_POINTS
from ..files.custom.point_files import read_columns
from ..ground_truth_data import GroundTruthData
from ..registry import register
from .custom import chosen_columns, with_columns

POINTS = "points"
always_record("points", "factors")


@register(POINTS)
@gin.configurable("points")
def points(factors: str = gin.REQUIRED, *, factors_key: str | None = None, factor_names: Sequence[str] | None = None,
           factor_bins: int | None = 20, name: str = "") -> GroundTruthData:
    """Points without images, known by a row of factors each: `unbraid-evaluate --codes FILE --factors FILE`.

    factors: a file of arrays (.npy, .npz, .h5) or a table (.csv, .tsv, .jsonl, .parquet).
    factors_key: the array in a file, by default `factors` or what else it is often called.
    factor_names: names, or which columns of a table are the factors; without it, all columns.
    factor_bins: continuous factors are put into this many bins of equal width; None keeps every value as a class.
    name: what tables and reports call the data; by default the file's name.
    Points that cover a full grid are one, so that metrics may choose factors; of any others only samples are drawn."""
    del name  # read by reports from the recorded configuration
    path = Path(factors).expanduser()
    columns = read_columns(path, FACTORS_OF_POINTS, factors_key)
    if columns is None:
        raise DataError(f"{path} has no array {' or '.join(FACTORS_OF_POINTS[:3])}. Bind points.factors_key to the "
                        "array of factors, or give --factors FILE.")
    columns = chosen_columns(columns, factor_names, str(path), "points.factor_names")
    if not columns:
        raise DataError(f"{path} has no column of factors.")
    num_points = len(next(iter(columns.values())))
    return with_columns(NoImages(num_points, str(path)), columns, None, factor_bins, str(path), "points.factor_bins")
