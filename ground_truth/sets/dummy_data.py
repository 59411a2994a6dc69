"""Data sets for testing metrics: noise, and factors that are their own observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..drawing.noise import draw_noise, replay_noise
from ..ground_truth_data import DataSet, GridGroundTruth, sample_columns
from ..registry import register


@register("dummy_data")
class DummyData(GridGroundTruth):
    """Ten factors of five values, and images of noise that do not depend on them."""

    grid_factor_names = tuple(f"factor_{number}" for number in range(10))
    grid_factor_sizes = (5,) * 10
    image_shape = (64, 64, 1)

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.randint(5, size=(num, 10))

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return draw_noise(num, self.image_shape, random_state)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        assert draws is not None
        return replay_noise(draws, self.image_shape).astype(np.float32)


class IdentityObservations(DataSet):
    """Observations are the factors themselves, (n, num_factors) integers: a perfect representation for tests."""

    def __init__(self, factor_sizes: Sequence[int] = (10,) * 10):
        """factor_sizes: number of values of each factor (JL1-VAE's `IdentityObservationsCustomSize`)."""
        self.factor_sizes = list(factor_sizes)
        self.factor_names = [f"Factor {number}" for number in range(len(self.factor_sizes))]

    @property
    def factors_num_values(self) -> list[int]:
        return self.factor_sizes

    @property
    def observation_shape(self) -> int:  # type: ignore[override]
        """A plain number, as in both references."""
        return len(self.factor_sizes)

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return sample_columns(self.factor_sizes, num, random_state)

    def sample_observations_from_factors(  # type: ignore[override]
        self, factors: np.ndarray, random_state: np.random.RandomState
    ) -> np.ndarray:
        return factors


@register("identity_jl1")
class IdentityObservationsJL1(IdentityObservations):
    """JL1-VAE's oracle: values 0 to 9, drawn in one call."""

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.randint(10, size=(num, 10))


@register("identity")
class IdentityObservationsData(IdentityObservations):
    """disentanglement_lib's oracle, quirks included: values 1 to 10, and one value each claimed for the factors."""

    @property
    def factors_num_values(self) -> list[int]:
        return [1] * 10

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.randint(1, 11, size=(num, 10))  # reference: random_integers(10), which numpy removes
