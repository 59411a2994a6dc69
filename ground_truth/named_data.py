"""The data set that gin names: `dataset.name`, as in disentanglement_lib."""

from __future__ import annotations

import gin

from .ground_truth_data import GroundTruthData
from .registry import data_sets


@gin.configurable("dataset")
def get_named_ground_truth_data(name: str = gin.REQUIRED) -> GroundTruthData:
    """The data set `name`.  Raises UnknownNameError, with suggestions, for any other name."""
    return data_sets()[name]()
