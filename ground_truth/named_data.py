"""The data set that gin names: `dataset.name`, as in disentanglement_lib."""

from __future__ import annotations

import gin

from .ground_truth_data import GroundTruthData
from .registry import data_sets
from .sets import custom  # noqa: F401  (gin has to know custom_data.path before it parses)


@gin.configurable("dataset", denylist=["known"])
def get_named_ground_truth_data(name: str = gin.REQUIRED,
                                known: dict[str, GroundTruthData] | None = None) -> GroundTruthData:
    """The data set `name`; made once when `known`, the data sets made so far by name, is given.

    Raises UnknownNameError, with suggestions, for any other name."""
    known = {} if known is None else known
    if name not in known:
        known[name] = data_sets()[name]()
    return known[name]
