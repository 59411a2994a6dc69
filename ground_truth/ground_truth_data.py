"""The contract of a data set with known factors, member for member that of disentanglement_lib."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..common.configuration.parsing import Parameters
from ..common.errors import UserError
from .observations import LazyObservations


@runtime_checkable
class GroundTruthData(Protocol):
    """Images that are functions of integer factors: what evaluation needs of a data set.

    Any class with these members works, disentanglement_lib's included, whether it inherits from this one or not; one
    that inherits gets `num_factors`, `sample` and `sample_observations`.  Every draw takes the `RandomState` it is
    handed, in the order disentanglement_lib draws, so the same seed gives the same factors and images."""

    @property
    def num_factors(self) -> int:
        """Number of factors that are exposed."""
        return len(self.factors_num_values)

    @property
    @abstractmethod
    def factors_num_values(self) -> list[int]:
        """Number of values of each exposed factor, in order."""

    @property
    @abstractmethod
    def observation_shape(self) -> list[int]:
        """[H, W, C]."""

    @abstractmethod
    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        """(num, num_factors) int64, uniform and independent."""

    @abstractmethod
    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState) -> Any:
        """Images (num, H, W, C) float32 in [0, 1] for factors (num, num_factors), as an array or as `LazyObservations`;
        what the factors leave open is drawn."""

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, Any]:
        """Factors, then their observations, on one stream."""
        factors = self.sample_factors(num, random_state)
        return factors, self.sample_observations_from_factors(factors, random_state)

    def sample_observations(self, num: int, random_state: np.random.RandomState) -> Any:
        """The second item of `sample`."""
        return self.sample(num, random_state)[1]


class DataSet(GroundTruthData):
    """A data set of unbraid: ground truth with names for the factors and a record of where it comes from."""

    factor_names: Sequence[str]
    files: Sequence[Path] = ()
    """Files whose content decides the images and factors.  Those that unbraid's readers open are added automatically;
    a class that reads files in another way lists them here, so that scores of changed data are computed again."""
    parameters: Parameters | None = None
    """The parameters of gin that the data set was made with, see `get_named_ground_truth_data`."""

    @abstractmethod
    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState
                                         ) -> LazyObservations:
        """Images that are rendered on demand, (num, H, W, C), for factors (num, num_factors)."""


class GridGroundTruth(DataSet):
    """Images over a full grid of factors in row-major order, the last factor varying fastest.

    Exposed (latent) factors are drawn column by column in order; the others are residual: drawn in ascending
    order while observations are made.  A subclass gives the grid and `render`, and `draw` where an image depends
    on more than its place in the grid."""

    grid_factor_names: Sequence[str]
    grid_factor_sizes: Sequence[int]
    latent_factor_indices: Sequence[int] | None = None  # None: all are exposed
    image_shape: Sequence[int]

    @property
    def latent_indices(self) -> list[int]:
        """Positions of the exposed factors in the grid."""
        exposed = self.latent_factor_indices
        return list(range(len(self.grid_factor_sizes)) if exposed is None else exposed)

    @property
    def residual_indices(self) -> list[int]:
        """Positions of the factors that are drawn with each observation, ascending."""
        return [index for index in range(len(self.grid_factor_sizes)) if index not in self.latent_indices]

    @property
    def factor_names(self) -> list[str]:  # type: ignore[override]
        return [self.grid_factor_names[index] for index in self.latent_indices]

    @property
    def factors_num_values(self) -> list[int]:
        return [self.grid_factor_sizes[index] for index in self.latent_indices]

    @property
    def observation_shape(self) -> list[int]:
        return list(self.image_shape)

    @property
    def num_images(self) -> int:
        """Number of places in the grid."""
        return int(np.prod(self.grid_factor_sizes, dtype=np.int64))

    @abstractmethod
    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1] for grid indices (n,) and what `draw` returned for them."""

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray | None:
        """Random numbers an image needs beside its place in the grid, (num, ...); None when it needs none."""
        return None

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return sample_columns(self.factors_num_values, num, random_state)

    def sample_observations_from_factors(
        self, factors: np.ndarray, random_state: np.random.RandomState
    ) -> LazyObservations:
        """Raises UserError for factors of the wrong shape or outside their range."""
        indices = self.grid_index(self._complete(factors, random_state))
        return LazyObservations(self, indices, self.draw(len(indices), random_state))

    def grid_index(self, grid_factors: np.ndarray) -> np.ndarray:
        """Row-major index (n,) of grid factors (n, number of grid factors)."""
        return np.ravel_multi_index(tuple(grid_factors.T), tuple(self.grid_factor_sizes)).astype(np.int64)

    def _complete(self, factors: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        factors = np.asarray(factors)
        check_factors(factors, self.factors_num_values, self.factor_names)
        grid_factors = np.empty((len(factors), len(self.grid_factor_sizes)), dtype=np.int64)
        grid_factors[:, self.latent_indices] = factors
        residual_sizes = [self.grid_factor_sizes[index] for index in self.residual_indices]
        grid_factors[:, self.residual_indices] = sample_columns(residual_sizes, len(factors), random_state)
        return grid_factors


def sample_columns(sizes: Sequence[int], num: int, random_state: np.random.RandomState) -> np.ndarray:
    """(num, len(sizes)) int64, drawn column by column: one `randint` a column, none for a single value."""
    columns = np.zeros((num, len(sizes)), dtype=np.int64)
    for position, size in enumerate(sizes):
        columns[:, position] = random_state.randint(size, size=num)
    return columns


def check_factors(factors: np.ndarray, sizes: Sequence[int], names: Sequence[str]) -> None:
    """Raises UserError unless factors are (n, len(sizes)) and within [0, size) column by column."""
    if factors.ndim != 2 or factors.shape[1] != len(sizes):
        raise UserError(f"Factors have shape {factors.shape}; expected (n, {len(sizes)}): {', '.join(names)}.")
    outside = (factors < 0) | (factors >= np.asarray(sizes))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise UserError(f"Factor {names[column]!r} has the value {factors[row, column]} in row {row}; "
                        f"expected 0 to {sizes[column] - 1}.")
