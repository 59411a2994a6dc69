"""Drawing points and their codes, in disentanglement_lib's order of random draws.

Encoding draws nothing, so everything is drawn first and lazy observations are encoded in one go: the same numbers,
in large batches.  A data set that returns arrays is encoded batch by batch, as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import gin
import numpy as np

from ..common.errors import UserError
from ..ground_truth.observations import LazyObservations, concatenate
from .codes import CodeTable

RepresentationFunction = Callable[[Any], np.ndarray]

CHUNK = 1024  # images rendered at a time for a representation function that is no code table


def sample_codes(ground_truth_data: Any, representation_function: RepresentationFunction, num_points: int,
                 random_state: np.random.RandomState, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (num_points, num_latents) and factors (num_points, num_factors) of points drawn uniformly.

    Drawn in batches of `batch_size`, which therefore decides which points are drawn."""
    return encode_batches(representation_function, (
        ground_truth_data.sample(size, random_state) for size in batch_sizes(num_points, batch_size)))


def sample_local_codes(ground_truth_data: Any, representation_function: RepresentationFunction, num_points: int,
                       random_state: np.random.RandomState, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """As `sample_codes`, for points near one centre drawn uniformly (JL1-VAE, arXiv:2106.02923, sec. 5)."""
    sizes = ground_truth_data.factors_num_values
    centre = [random_state.randint(size) for size in sizes]

    def batches() -> Iterator[tuple[np.ndarray, Any]]:
        for batch in batch_sizes(num_points, batch_size):
            factors = local_sample_factors(batch, sizes, centre, random_state)
            yield factors, ground_truth_data.sample_observations_from_factors(factors, random_state)

    return encode_batches(representation_function, batches())


@gin.configurable("local_sample_factors",
                  denylist=["num", "factors_num_values", "factor_centroid", "random_state"])
def local_sample_factors(num: int, factors_num_values: Sequence[int], factor_centroid: Sequence[int],
                         random_state: np.random.RandomState, locality_proportion: float = gin.REQUIRED,
                         continuity_cutoff: int = gin.REQUIRED,
                         denylist_factors: Sequence[int] = gin.REQUIRED) -> np.ndarray:
    """Factors (num, num_factors) int64, each within a window around the centre that ends at the factor's own ends.

    The window's radius is `locality_proportion` of the factor's size, rounded down; 0 for factors with fewer than
    `continuity_cutoff` values and for those on the denylist, which then draw nothing."""
    factors = np.empty((num, len(factors_num_values)), dtype=np.int64)
    for position, (size, centre) in enumerate(zip(factors_num_values, factor_centroid, strict=True)):
        is_continuous = size >= continuity_cutoff and position not in denylist_factors
        radius = int(np.floor(size * locality_proportion)) if is_continuous else 0
        low, high = max(0, centre - radius), min(size - 1, centre + radius)
        factors[:, position] = random_state.randint(low, high + 1, size=num)
    return factors


def batch_sizes(num_points: int, batch_size: int) -> Iterator[int]:
    """batch_size, batch_size, ..., and what remains.  Raises UserError for sizes below 1."""
    if num_points < 1 or batch_size < 1:
        raise UserError(f"Asked to draw {num_points} points in batches of {batch_size}; both must be at least 1.")
    for start in range(0, num_points, batch_size):
        yield min(batch_size, num_points - start)


def encode_batches(representation_function: RepresentationFunction,
                   batches: Iterable[tuple[np.ndarray, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Codes and factors of (factors, observations) batches; lazy observations are encoded together at the end."""
    factors, encoded, lazy = [], [], []
    for batch_factors, observations in batches:
        factors.append(batch_factors)
        if isinstance(observations, LazyObservations):
            lazy.append(observations)
        else:
            encoded.append(np.asarray(representation_function(observations)))
    if lazy:
        encoded.append(encode(representation_function, concatenate(lazy)))
    return np.vstack(encoded), np.vstack(factors)


def encode(representation_function: RepresentationFunction, observations: Any) -> np.ndarray:
    """Codes (n, num_latents) of observations (n, H, W, C), of which only a part is in memory at a time."""
    if isinstance(representation_function, CodeTable):
        return representation_function(observations)
    return np.vstack([np.asarray(representation_function(observations[start:start + CHUNK]))
                      for start in range(0, len(observations), CHUNK)])
