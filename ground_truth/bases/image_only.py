"""Images without known factors: a model can be trained on them, factor-based metrics cannot score them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from ...common.errors import UserError
from ..files.arrays.decoded import Images
from ..ground_truth_data import DataSet
from ..observations import LazyObservations
from .byte_images import OUT_OF_255, ByteImages


class ImageOnlyData(DataSet):
    """Numbered images, drawn uniformly with replacement."""

    factor_names: Sequence[str] = ()
    note = ""  # on where factors may be

    @property
    @abstractmethod
    def num_images(self) -> int:
        """How many images there are."""

    @abstractmethod
    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1] of the images numbered `indices` (n,)."""

    @property
    def factors_num_values(self) -> list[int]:
        return []

    def sample_observations(self, num: int, random_state: np.random.RandomState) -> LazyObservations:
        """One `randint` for all."""
        return LazyObservations(self, random_state.randint(self.num_images, size=num))

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> NoReturn:
        """Raises UserError: there are none."""
        raise UserError("This data set has images only, no factors: models can be trained on it, but metrics "
                        f"need a data set with known factors (unbraid-data list). {self.note}".rstrip())

    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState) -> NoReturn:
        self.sample_factors(len(factors), random_state)


class StoredImages(ByteImages, ImageOnlyData):
    """Images kept as bytes, 0 to 255, in a file: `images` is (N, H, W, C) uint8."""

    pixel_values = OUT_OF_255
    images: Images

    @property
    def num_images(self) -> int:
        return len(self.images)

    @property
    def observation_shape(self) -> list[int]:
        return list(self.images.shape[1:])

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.images[indices]
