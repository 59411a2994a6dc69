"""A representation function that looks codes up in a given table: one row for each image or point of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...ground_truth.bases.custom_data_sets import CustomTable
from ...ground_truth.files.custom.factor_columns import as_numbers_or_texts
from ...ground_truth.ground_truth_data import GridGroundTruth, GroundTruthData
from ...ground_truth.observations import LazyObservations
from .code_table import CodeTable


class StoredCodes(CodeTable):
    """Codes (num_images, num_codes) of all images of a data set, in its order.

    Metrics cannot tell it from a model's table: the same draws give the same codes, hence the same scores."""

    def __init__(self, codes: np.ndarray, data_set: GroundTruthData, where: str, name: str,
                 code_names: Sequence[str] = ()):
        """where: the file of the codes, for messages.  name: of the data set, for messages.  code_names: of
        the columns.

        Raises UserError where there is not one row for each image, or where an image is more than its place."""
        super().__init__(lambda images: self._refuse())
        self.codes, self.data_set, self.where, self.name = codes, data_set, where, name
        self.code_names = code_names
        num_images = getattr(data_set, "num_images", None)
        if num_images is None or _draws(data_set):
            raise UserError(f"The images of {name} are not a finite list (each is drawn anew), so {where} cannot "
                            "hold a row for each. Score the model itself with --model_dir.")
        if num_images != len(codes):
            raise UserError(f"{where} has {len(codes):,} rows of codes; {name} has {num_images:,} {_noun(data_set)}s. "
                            f"Expected one row for each, in the order of {_order(data_set, name)}.")

    def _look_up(self, observations: Any) -> np.ndarray:
        if not isinstance(observations, LazyObservations) or observations.ground_truth_data is not self.data_set:
            self._refuse()
        rows = observations.indices
        if hasattr(self.data_set, "stored_rows"):
            rows = self.data_set.stored_rows(rows)
        return self.codes[rows]

    def _refuse(self) -> Any:
        raise UserError(f"This metric encodes images that {self.name} does not hold, of which {self.where} has no "
                        "codes. Score the model itself with --model_dir.")


def check_order(columns: dict[str, np.ndarray], data_set: GroundTruthData, where: str, name: str) -> None:
    """Raises UserError unless factors by column (num_images,) say that rows are in the order of the data set's images.

    Numbers have to ascend as the data set's values do; texts only have to be the same for the same value."""
    expected = _factors_in_order(data_set)
    if len(columns) != expected.shape[1] or any(len(column) != len(expected) for column in columns.values()):
        return  # other factors than the data set's own say nothing about the order of rows
    for (column_name, column), classes in zip(columns.items(), expected.T, strict=True):
        values = as_numbers_or_texts(column, column_name, where)
        labels = _ranks if values.dtype.kind == "f" else _by_first_occurrence
        wrong = np.flatnonzero(labels(values) != labels(classes))
        if len(wrong):
            row = int(wrong[0])
            raise UserError(f"{where}: row {row} has {column_name} {column[row]}, but image {row} of {name} has value "
                            f"{classes[row]} of this factor. Expected rows in the order of {_order(data_set, name)}; "
                            "or leave out --data_set, and the rows are points of their own.")


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]


def _by_first_occurrence(values: np.ndarray) -> np.ndarray:
    """Numbers of values in the order in which they occur first."""
    _, first, labels = np.unique(values, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[labels]


def _factors_in_order(data_set: GroundTruthData) -> np.ndarray:
    """(num_images, num_factors) of the images as they are stored."""
    if not isinstance(data_set, GridGroundTruth):
        return np.asarray(getattr(data_set, "factors"))  # noqa: B009 - of a table of one's own
    values = np.unravel_index(np.arange(data_set.num_images), tuple(data_set.grid_factor_sizes))
    factors = np.stack([values[index] for index in data_set.latent_indices], axis=1)
    rows = np.asarray(data_set.stored_rows(np.arange(len(factors)))) if hasattr(data_set, "stored_rows") else None
    return factors if rows is None else factors[np.argsort(rows)]


def _draws(data_set: GroundTruthData) -> bool:
    return data_set.sample_observations(1, np.random.RandomState(0)).draws is not None


def _noun(data_set: GroundTruthData) -> str:
    return getattr(getattr(data_set, "images", None), "noun", "image")


def _order(data_set: GroundTruthData, name: str) -> str:
    if isinstance(data_set, CustomTable) and _noun(data_set) == "point":
        return data_set.images.where
    return f"the images that `unbraid-data images {name}` writes"
