"""Points near random centres, for local scores (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gin
import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GridGroundTruth, GroundTruthData
from ...metrics.inputs import Arrays
from .batch_plans import is_plannable, observe, residual_sizes
from .draws import draw_integers
from .points import RepresentationFunction, batch_sizes, encode, encode_batches


def clusters(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
             random_state: np.random.RandomState, sizes: Sequence[int], num_local_clusters: int, batch_size: int
             ) -> Iterator[list[Arrays]]:
    """For each of `num_local_clusters` centres one sample of codes and factors for each of `sizes`.

    Drawn one by one: where models draw on the stream of the points, they do so between two clusters.
    Raises UserError for fewer than one cluster."""
    if num_local_clusters < 1:
        raise UserError(f"num_local_clusters is {num_local_clusters}; a local score needs at least one cluster.")
    for _ in range(num_local_clusters):
        centre = draw_centre(ground_truth_data, random_state)
        yield [sample_near(ground_truth_data, representation_function, centre, size, random_state, batch_size)
               for size in sizes]


def draw_centre(ground_truth_data: GroundTruthData, random_state: np.random.RandomState) -> list[int]:
    """One value for each factor, uniform."""
    return [random_state.randint(size) for size in ground_truth_data.factors_num_values]


def sample_near(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                centre: Sequence[int], num_points: int, random_state: np.random.RandomState,
                batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (num_points, num_latents) and factors (num_points, num_factors) of points near `centre` (sec. 5)."""
    sizes = batch_sizes(num_points, batch_size)
    lows, highs = local_windows(ground_truth_data.factors_num_values, centre)
    if is_plannable(ground_truth_data):
        factors, residuals = _draw_near(ground_truth_data, lows, highs, sizes, random_state)
        return encode(representation_function, observe(ground_truth_data, factors, residuals)), factors

    def batches() -> Iterator[tuple[np.ndarray, Any]]:
        for size in sizes:
            factors = np.stack([random_state.randint(low, high + 1, size=size)
                                for low, high in zip(lows, highs, strict=True)], axis=1)
            yield factors, ground_truth_data.sample_observations_from_factors(factors, random_state)

    return encode_batches(representation_function, batches())


@gin.configurable("local_sample_factors", denylist=["factors_num_values", "factor_centroid"])
def local_windows(factors_num_values: Sequence[int], factor_centroid: Sequence[int],
                  locality_proportion: float = gin.REQUIRED, continuity_cutoff: int = gin.REQUIRED,
                  denylist_factors: Sequence[int] = gin.REQUIRED) -> tuple[list[int], list[int]]:
    """Lowest and highest value of each factor near a centre; the windows end at the factors' own ends.

    A window's radius is `locality_proportion` of the factor's size, rounded down; 0 for factors with fewer than
    `continuity_cutoff` values and for those on the denylist."""
    lows, highs = [], []
    for position, (size, centre) in enumerate(zip(factors_num_values, factor_centroid, strict=True)):
        is_continuous = size >= continuity_cutoff and position not in denylist_factors
        radius = int(np.floor(size * locality_proportion)) if is_continuous else 0
        lows.append(max(0, centre - radius))
        highs.append(min(size - 1, centre + radius))
    return lows, highs


def _draw_near(data: GridGroundTruth, lows: Sequence[int], highs: Sequence[int], batches: Sequence[int],
               random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Factors (n, num_factors) and residual factors (n, ...), batch after batch."""
    windows = [high - low + 1 for low, high in zip(lows, highs, strict=True)]
    sizes = windows + residual_sizes(data)
    num_full = sum(size == batches[0] for size in batches)
    groups = [(num_full, batches[0])] + [(1, batches[-1])] * (num_full < len(batches))
    parts = []
    for repeats, batch_size in groups:
        values = draw_integers(random_state, sizes, [batch_size] * len(sizes), repeats)
        parts.append(values.reshape(repeats, len(sizes), batch_size).swapaxes(1, 2).reshape(-1, len(sizes)))
    values = np.concatenate(parts)
    return values[:, :len(windows)] + np.asarray(lows), values[:, len(windows):]
