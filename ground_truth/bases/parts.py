"""Parts of a data set: the images that a model is trained on, and those that are held out."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np

from ...common.configuration.parsing import Parameters
from ...common.errors import ConfigurationError, UserError
from ..ground_truth_data import DataSet, GroundTruthData
from ..observations import LazyObservations, concatenate

Part = Literal["train", "held_out"]
TRAIN: Part = "train"
HELD_OUT: Part = "held_out"
COUNTED = 20_000_000  # images whose membership is counted; of more the expected number is given
MARGIN = 8  # images drawn beyond the expected number, so that one round of draws is usually enough


class DataPart(DataSet):
    """The images of `whole` that belong to one part; drawn uniformly among them, with replacement.

    An image belongs to a part by a hash of its index and the seed. So a part needs no memory, and it is the same in
    every process, for any order of draws and for data sets of billions of images."""

    def __init__(self, whole: DataSet, split: float, part: Part, seed: int = 0):
        """split: share of the images in the part 'train', between 0 and 1; the others are the part 'held_out'.

        Raises UserError for a data set whose images have no index, and for a part without images."""
        self.whole, self.split, self.part, self.seed = whole, split, part, seed
        if not isinstance(whole.sample_observations(1, np.random.RandomState(0)), LazyObservations):
            raise UserError(f"{type(whole).__name__} returns arrays, so its images have no index by which "
                            "dataset.split could divide them. Return LazyObservations, or leave out dataset.split.")
        if self.num_images == 0:
            raise UserError(f"dataset.split is {split}, which leaves the part {part!r} of {num_images(whole)} images "
                            "empty. Choose another split.")

    @property
    def factor_names(self) -> Sequence[str]:  # type: ignore[override]
        return self.whole.factor_names

    @property
    def factors_num_values(self) -> list[int]:
        return self.whole.factors_num_values

    @property
    def observation_shape(self) -> list[int]:
        return self.whole.observation_shape

    @property
    def files(self) -> Sequence[Path]:  # type: ignore[override]
        return self.whole.files

    @property
    def parameters(self) -> Parameters | None:  # type: ignore[override]
        return self.whole.parameters

    @property
    def other(self) -> DataPart:
        """The part that this one is not."""
        return DataPart(self.whole, self.split, HELD_OUT if self.part == TRAIN else TRAIN, self.seed)

    @functools.cached_property
    def num_images(self) -> int:
        """Number of different images of this part."""
        total = num_images(self.whole)
        return int(np.sum(self.holds(np.arange(total)))) if total <= COUNTED else round(self._share * total)

    def holds(self, indices: np.ndarray) -> np.ndarray:
        """Returns whether the images with these indices (n,) belong to this part, (n,) bool."""
        return (hashed(indices, self.seed) < self.split) == (self.part == TRAIN)

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, LazyObservations]:
        """Draws from the whole and leaves out what belongs to the other part."""
        factors, observations = zip(*self._rounds(num, random_state), strict=True)
        return np.concatenate(factors)[:num], concatenate(list(observations))[:num]

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> NoReturn:
        """Raises UserError: the images of a part cannot be chosen by their factors."""
        raise UserError(f"dataset.part is {self.part!r}, but this metric or method chooses images by their factors, "
                        "and the image it asks for may be in the other part. Leave out dataset.split and dataset.part, "
                        "or use one that draws points, such as mig, sap_score or vae_losses.")

    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState) -> NoReturn:
        self.sample_factors(len(factors), random_state)

    @property
    def _share(self) -> float:
        return self.split if self.part == TRAIN else 1 - self.split

    def _rounds(self, num: int, random_state: np.random.RandomState) -> Iterator[tuple[np.ndarray, LazyObservations]]:
        missing = num
        while missing > 0:
            drawn = int(missing / self._share) + MARGIN
            factors, observations = _sample(self.whole, drawn, random_state)
            belongs = self.holds(observations.indices)
            missing -= int(belongs.sum())
            yield factors[belongs], observations[belongs]


def part_of(data: GroundTruthData, split: float | None, part: Part | None, seed: int = 0) -> GroundTruthData:
    """Returns the part of `data` that gin names, or all of it where gin names none.

    Raises ConfigurationError for a part without a split, UserError for a data set whose images have no index."""
    if part is None:
        return data
    if split is None:
        raise ConfigurationError(f"dataset.part is {part!r}, but nothing says how the images are divided: the model "
                                 "was trained without dataset.split. Add dataset.split, such as 0.9, the share of the "
                                 "images in the part 'train'.")
    if not isinstance(data, DataSet):
        raise UserError(f"{type(data).__name__} is no unbraid.ground_truth.ground_truth_data.DataSet, so its images "
                        "have no index by which dataset.split could divide them. Leave out dataset.split.")
    return DataPart(data, split, part, seed)


def whole(data: Any) -> Any:
    """Returns the data set that `data` is a part of, or `data` itself."""
    return data.whole if isinstance(data, DataPart) else data


def held_out(data: Any) -> Any:
    """Returns the images that a training on `data` does not see, or `data` itself where it is no part."""
    return data.other if isinstance(data, DataPart) else data


def num_images(data: Any) -> int:
    """Returns the number of different images of a data set."""
    return int(getattr(data, "num_images", np.prod(data.factors_num_values, dtype=np.float64)))


def hashed(indices: np.ndarray, seed: int) -> np.ndarray:
    """Returns numbers in [0, 1) of indices (n,), by the mixing function of SplitMix64 (Steele et al. 2014)."""
    offset = (seed + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = np.asarray(indices).astype(np.uint64) + np.uint64(offset)  # arrays of uint64 wrap around without a warning
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _sample(data: DataSet, num: int,
            random_state: np.random.RandomState) -> tuple[np.ndarray, LazyObservations]:
    """Factors (num, number of factors) and observations; a data set of images only has no factors."""
    if data.factors_num_values:
        return data.sample(num, random_state)
    return np.empty((num, 0), dtype=np.int64), data.sample_observations(num, random_state)
