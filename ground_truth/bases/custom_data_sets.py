"""Data sets over a user's own images: a full grid, a table of factors, or images alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from ...common.errors import UserError
from ..files.custom.custom_images import CustomImages
from ..ground_truth_data import GridGroundTruth, GroundTruthData, check_factors
from ..observations import LazyObservations
from .image_only import ImageOnlyData
from .no_images import NoImages


class _CustomData:
    """What the kinds of custom data share: images, bytes where they are bytes, and what classes stand for."""

    factor_values: Sequence[Sequence[float | str]] | None = None  # of each class of each factor, where known
    binned_factors: Mapping[str, int] = MappingProxyType({})  # factors that were put into bins, and how many
    continuous_values: Mapping[int, np.ndarray] = MappingProxyType({})  # (N,) of these factors, by position

    def __init__(self, images: CustomImages | NoImages):
        self.images = images
        self.pixel_values = images.pixel_values

    @property
    def num_images(self) -> int:
        return self.images.shape[0]

    @property
    def default_split(self) -> str:
        """How metrics draw test points unless `evaluation.split` says it."""
        return self.images.default_split

    @property
    def observation_shape(self) -> list[int]:
        return list(self.images.shape[1:])

    def stored_rows(self, indices: np.ndarray) -> np.ndarray:
        """Where the images of these indices stand in the user's file."""
        return indices

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) uint8 where `pixel_values` is not None."""
        return self.images.raw(self.stored_rows(indices))

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1]."""
        return self.images.render(self.stored_rows(indices))


class CustomGrid(_CustomData, GridGroundTruth):
    """A full grid; works with every metric."""

    def __init__(self, images: CustomImages | NoImages, sizes: Sequence[int], names: Sequence[str],
                 rows: np.ndarray | None = None):
        """rows: the image of each place of the grid; None when they are stored in row-major order."""
        super().__init__(images)
        self.grid_factor_sizes, self.grid_factor_names, self.rows = list(sizes), list(names), rows

    def stored_rows(self, indices: np.ndarray) -> np.ndarray:
        return indices if self.rows is None else self.rows[indices]


class CustomTable(_CustomData, GroundTruthData):
    """Images with a row of factors each.  `sample` draws rows; combinations that no image has cannot be asked for."""

    def __init__(self, images: CustomImages | NoImages, factors: np.ndarray, sizes: Sequence[int],
                 names: Sequence[str]):
        super().__init__(images)
        self.factors, self.sizes, self.factor_names = factors, list(sizes), list(names)
        self._rows: dict[bytes, list[int]] = {}

    @property
    def factors_num_values(self) -> list[int]:
        return self.sizes

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, LazyObservations]:
        """Factors and images of rows drawn uniformly, with replacement."""
        rows = random_state.randint(len(self.factors), size=num)
        return self.factors[rows], LazyObservations(self, rows)

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        """Factors as they occur together in the data, which need not be independent."""
        return self.sample(num, random_state)[0]

    def sample_observations_from_factors(
        self, factors: np.ndarray, random_state: np.random.RandomState
    ) -> LazyObservations:
        """An image of each combination, drawn among those that have it.  Raises UserError when none has."""
        factors = np.asarray(factors, dtype=np.int64)
        check_factors(factors, self.sizes, self.factor_names)
        if not self._rows:
            for row, combination in enumerate(self.factors):
                self._rows.setdefault(combination.tobytes(), []).append(row)
        found = [self._rows.get(combination.tobytes(), []) for combination in factors]
        if not all(found):
            combination = factors[[bool(rows) for rows in found].index(False)]
            named = ", ".join(f"{name} {value}" for name, value in zip(self.factor_names, combination, strict=True))
            raise UserError(f"{self.images.where}: no {self.images.noun} has the factors ({named}). Metrics that set "
                            "factors need a full grid; those that only sample (mig, dci, sap_score, "
                            "modularity_explicitness) work.")
        chosen = random_state.randint([len(rows) for rows in found])
        return LazyObservations(self, np.array([rows[place] for rows, place in zip(found, chosen, strict=True)]))


class CustomImagesOnly(_CustomData, ImageOnlyData):
    """Images without factors.  note: on where factors may be."""

    def __init__(self, images: CustomImages, note: str = ""):
        super().__init__(images)
        self.note = note
