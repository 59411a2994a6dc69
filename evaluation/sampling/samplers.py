"""How other projects draw points, for presets that repeat their protocols on the same stream.

A scheme is a data set seen through another project's sampler.  `sample_codes` and `sample_groups` ask it for factors.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.observations import LazyObservations
from .draws import draw_integers


class Scheme(GroundTruthData):
    """A data set whose points are drawn in an order of its own; images are the data set's."""

    def __init__(self, ground_truth_data: GroundTruthData, dropped_factors: Sequence[int] = ()):
        """dropped_factors: drawn, but not shown to metrics that ask for points."""
        self.data = ground_truth_data
        self.factor_names = getattr(ground_truth_data, "factor_names", ())
        self.kept = [index for index in range(ground_truth_data.num_factors) if index not in dropped_factors]

    @property
    def factors_num_values(self) -> list[int]:
        return list(self.data.factors_num_values)

    @property
    def observation_shape(self) -> list[int]:
        return list(self.data.observation_shape)

    def sample_observations_from_factors(self, factors: np.ndarray,
                                         random_state: np.random.RandomState) -> LazyObservations:
        return self.data.sample_observations_from_factors(factors, random_state)

    @abstractmethod
    def draw_points(self, num_points: int, batch_size: int, random_state: np.random.RandomState) -> np.ndarray:
        """Factors (num_points, num_factors)."""

    @abstractmethod
    def draw_groups(self, num_groups: int, batch_size: int, num_sets: int, num_choices: int,
                    random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        """A choice (num_groups,) for each group, and factors (num_sets, num_groups, batch_size, num_factors)."""


@gin.configurable("factors_by_row", denylist=["ground_truth_data"])
class FactorsByRow(Scheme):
    """All factors of one point, then of the next: the Commutative Lie Group VAE's project and disent."""

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return draw_integers(random_state, self.factors_num_values, [1] * self.num_factors, num)

    def draw_points(self, num_points: int, batch_size: int, random_state: np.random.RandomState) -> np.ndarray:
        return self.sample_factors(num_points, random_state)

    def draw_groups(self, num_groups: int, batch_size: int, num_sets: int, num_choices: int,
                    random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        sizes = [num_choices, *self.factors_num_values * (num_sets * batch_size)]
        values = draw_integers(random_state, sizes, [1] * len(sizes), num_groups)
        factors = values[:, 1:].reshape(num_groups, num_sets, batch_size, self.num_factors)
        return values[:, 0], factors.swapaxes(0, 1).copy()


@gin.configurable("distinct_images", denylist=["ground_truth_data"])
class DistinctImages(FactorsByRow):
    """Points are different images, from a generator seeded with one draw: disent's `dataset_sample_batch`."""

    def draw_points(self, num_points: int, batch_size: int, random_state: np.random.RandomState) -> np.ndarray:
        return factors_of_images(self.factors_num_values, distinct_images(
            int(np.prod(self.factors_num_values)), num_points, random_state))


@gin.configurable("shuffled_images", denylist=["ground_truth_data"])
class ShuffledImages(Scheme):
    """Each batch is the start of all images shuffled once more: CFASL and MIPET.

    reference: every set of points or groups starts from the same seed again, so that the test points are the first of
    the training points, and the evaluation votes the first of the training votes."""

    _start: Any = None  # the stream's state before the first set

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return factors_of_images(self.factors_num_values, images_but_last(
            int(np.prod(self.factors_num_values)), num, random_state))

    def draw_points(self, num_points: int, batch_size: int, random_state: np.random.RandomState) -> np.ndarray:
        self._restart(random_state)
        order, chosen = np.arange(np.prod(self.factors_num_values)), []
        for start in range(0, num_points, batch_size):
            random_state.shuffle(order)
            chosen.append(order[:min(batch_size, num_points - start)].copy())
        return factors_of_images(self.factors_num_values, np.concatenate(chosen))

    def draw_groups(self, num_groups: int, batch_size: int, num_sets: int, num_choices: int,
                    random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        self._restart(random_state)
        numbers = np.empty(num_groups, dtype=np.int64)
        factors = np.empty((num_sets, num_groups, batch_size, self.num_factors), dtype=np.int64)
        for group in range(num_groups):
            numbers[group] = random_state.randint(num_choices)
            for of_set in factors:
                of_set[group] = self.sample_factors(batch_size, random_state)
        return numbers, factors

    def _restart(self, random_state: np.random.RandomState) -> None:
        if self._start is None:
            self._start = random_state.get_state(legacy=False)
        random_state.set_state(self._start)


def factors_of_images(sizes: Sequence[int], images: np.ndarray) -> np.ndarray:
    """(n, num_factors) of places (n,) in the grid, the last factor varying fastest."""
    return np.stack(np.unravel_index(images, tuple(sizes)), axis=1)


def images_but_last(num_images: int, num: int, random_state: np.random.RandomState) -> np.ndarray:
    """`num` different images.  reference: the last image of the set is never drawn.  Raises UserError for too many."""
    _check_number(num, num_images - 1)
    return random_state.permutation(num_images - 1)[:num]


def distinct_images(num_images: int, num: int, random_state: np.random.RandomState) -> np.ndarray:
    """`num` different images from a generator seeded with one draw of 32 bits.  Raises UserError for too many."""
    _check_number(num, num_images)
    generator = np.random.Generator(np.random.PCG64(seed=int(random_state.randint(0, 2**32))))
    return generator.choice(num_images, num, replace=False)


def _check_number(num: int, available: int) -> None:
    if num > available:
        raise UserError(f"Asked to draw {num} different images at a time, but the data set has {available} to draw "
                        "from; a smaller batch_size or num_variance_estimate is needed.")


def copied(random_state: np.random.RandomState) -> np.random.RandomState:
    """A stream of its own that draws what this one would."""
    copy = np.random.RandomState()
    copy.set_state(random_state.get_state(legacy=False))
    return copy
