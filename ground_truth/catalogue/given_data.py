"""Data sets given in Python: by name, by the path of own data, or as an object that fits the contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import DataError, UserError
from ..ground_truth_data import GroundTruthData
from ..named_data import IN_PYTHON, get_named_ground_truth_data
from ..registry import data_sets
from .recorded import OWN, PATH

MEMBERS = ("num_factors", "factors_num_values", "observation_shape", "sample_factors",
           "sample_observations_from_factors", "sample", "sample_observations")
NUM_PROBES = 4


@dataclass(frozen=True)
class GivenData:
    """A data set as gin names it.

    name: for `dataset.name`.  bindings: that choose it.  made: the object by its name, where one was given."""

    name: str
    bindings: tuple[str, ...]
    made: dict[str, GroundTruthData]

    def open(self) -> GroundTruthData:
        """Returns the data set, with its bindings in use.  Raises UserError where its files are absent."""
        return get_named_ground_truth_data(known=dict(self.made))


def given_data(data: str | Path | GroundTruthData) -> GivenData:
    """Returns how gin names a data set.

    Args:
        data: a registered name, such as "dsprites_full"; the path of own images with factors, which `custom_data`
            reads (.npz, .h5, a folder); or an object with the members of disentanglement_lib's `GroundTruthData`,
            whose class need not inherit from anything.

    Raises:
        UserError: for an unknown name, and for an object that lacks members or whose images are not float in [0, 1].
    """
    if isinstance(data, str) and (data in data_sets() or not Path(data).expanduser().exists()):
        data_sets()[data]  # raises UnknownNameError, with suggestions
        return GivenData(data, (f"dataset.name = {data!r}",), {})
    if isinstance(data, (str, Path)):
        if not Path(data).expanduser().exists():
            raise UserError(f"data is the path {data}, which does not exist; expected the name of a data set, such as "
                            "\"dsprites_full\", an existing file or folder, or a data set object.")
        return GivenData(OWN, (f"dataset.name = {OWN!r}", f"{PATH} = {str(data)!r}"), {})
    _check(data)
    name = f"{IN_PYTHON}{type(data).__name__}"
    return GivenData(name, (f"dataset.name = {name!r}",), {name: data})


def _check(data: Any) -> None:
    """Raises UserError, or DataError for images that are not those of the contract."""
    kind = type(data).__name__
    missing = [member for member in MEMBERS if not hasattr(data, member)]
    if missing:
        raise UserError(f"data is a {kind} without {', '.join(missing)}; expected the name of a data set, a path, or "
                        f"an object with {', '.join(MEMBERS)}.")
    images = np.asarray(data.sample_observations(NUM_PROBES, np.random.RandomState(0)))
    expected = (NUM_PROBES, *data.observation_shape)
    if images.shape != expected or len(expected) != 4:
        raise DataError(f"data is a {kind} whose images have shape {images.shape}; expected (n, H, W, C) = {expected}.")
    if images.dtype.kind != "f" or images.min() < 0 or images.max() > 1:
        raise DataError(f"data is a {kind} whose images are {images.dtype} from {images.min()} to {images.max()}; "
                        "expected floating-point images in [0, 1].")
