"""Drawing points and their codes, in disentanglement_lib's order of random draws.

Encoding draws nothing, so everything is drawn first and lazy observations are encoded in one go: the same numbers,
in large batches.  A data set that returns arrays is encoded batch by batch, as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.observations import LazyObservations, concatenate
from .batch_plans import is_plannable, plan_batches, plan_groups
from .code_table import CodeTable
from .samplers import Scheme

RepresentationFunction = Callable[[Any], np.ndarray]
Intervention = Callable[[np.ndarray, np.ndarray], None]

CHUNK = 4096  # images held at a time where they cannot be looked up by index


def sample_codes(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction, num_points: int,
                 random_state: np.random.RandomState, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (num_points, num_latents) and factors (num_points, num_factors) of points drawn uniformly.

    Drawn in batches of `batch_size`, which therefore decides which points are drawn."""
    sizes = batch_sizes(num_points, batch_size)
    if isinstance(ground_truth_data, Scheme):
        factors = ground_truth_data.draw_points(num_points, batch_size, random_state)
        return (encode_factors(representation_function, ground_truth_data, factors, random_state),
                factors[:, ground_truth_data.kept])
    if is_plannable(ground_truth_data):
        factors, observations = plan_batches(ground_truth_data, random_state, sizes)
        return encode(representation_function, observations), factors
    return encode_batches(representation_function, (ground_truth_data.sample(size, random_state) for size in sizes))


def sample_groups(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction, num_groups: int,
                  batch_size: int, num_sets: int, intervene: Intervention,
                  random_state: np.random.RandomState,
                  num_choices: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Factor numbers (num_groups,) and codes (num_sets, num_groups, batch_size, num_latents) of grouped points.

    For each group: a factor's number, then `num_sets` batches of factors, which `intervene(factors, numbers)` changes
    in place, then their observations.  factors: (num_sets, groups, batch_size, num_factors).
    num_choices: the number is drawn below this instead of the number of factors, and means what `intervene` makes of
    it."""
    check_sizes(num_groups, batch_size)
    choices = ground_truth_data.num_factors if num_choices is None else num_choices
    if isinstance(ground_truth_data, Scheme):
        numbers, factors = ground_truth_data.draw_groups(num_groups, batch_size, num_sets, choices, random_state)
        intervene(factors, numbers)
        codes = encode_factors(representation_function, ground_truth_data, factors.reshape(-1, factors.shape[-1]),
                               random_state)
        return numbers, codes.reshape(num_sets, num_groups, batch_size, -1)
    if is_plannable(ground_truth_data):
        numbers, observations = plan_groups(ground_truth_data, random_state, num_groups, batch_size, num_sets,
                                            intervene, choices)
        codes = encode(representation_function, observations)
        return numbers, codes.reshape(num_sets, num_groups, batch_size, -1)
    numbers = np.empty(num_groups, dtype=np.int64)

    def batches() -> Iterator[tuple[np.ndarray, Any]]:
        for group in range(num_groups):
            numbers[group] = random_state.randint(choices)
            factors = np.stack([ground_truth_data.sample_factors(batch_size, random_state) for _ in range(num_sets)])
            intervene(factors[:, np.newaxis], numbers[group:group + 1])
            for of_set in factors:
                yield of_set, ground_truth_data.sample_observations_from_factors(of_set, random_state)

    codes, _ = encode_batches(representation_function, batches())
    return numbers, codes.reshape(num_groups, num_sets, batch_size, -1).swapaxes(0, 1)


def batch_sizes(num_points: int, batch_size: int) -> list[int]:
    """batch_size, batch_size, ..., and what remains.  Raises UserError for sizes below 1."""
    check_sizes(num_points, batch_size)
    return [min(batch_size, num_points - start) for start in range(0, num_points, batch_size)]


def check_sizes(num_points: int, batch_size: int) -> None:
    """Raises UserError for sizes below 1."""
    if num_points < 1 or batch_size < 1:
        raise UserError(f"Asked to draw {num_points} points in batches of {batch_size}; both must be at least 1.")


def encode_batches(representation_function: RepresentationFunction,
                   batches: Iterable[tuple[np.ndarray, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Codes and factors of (factors, observations) batches.

    Lazy observations are encoded together: all at the end, or in chunks where each carries random numbers."""
    factors, encoded, waiting, num_waiting = [], [], [], 0
    for batch_factors, observations in batches:
        factors.append(batch_factors)
        if not isinstance(observations, LazyObservations):
            encoded.append(np.asarray(representation_function(observations)))
            continue
        waiting.append(observations)
        num_waiting += len(observations)
        if observations.draws is not None and num_waiting >= CHUNK:
            encoded.append(encode(representation_function, concatenate(waiting)))
            waiting, num_waiting = [], 0
    if waiting:
        encoded.append(encode(representation_function, concatenate(waiting)))
    return np.concatenate(encoded), np.concatenate(factors)


def encode_factors(representation_function: RepresentationFunction, ground_truth_data: GroundTruthData,
                   factors: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
    """Codes (n, num_latents) of factors (n, num_factors), whose observations are made in chunks."""
    parts = (factors[start:start + CHUNK] for start in range(0, len(factors), CHUNK))
    return encode_batches(representation_function, (
        (part, ground_truth_data.sample_observations_from_factors(part, random_state)) for part in parts))[0]


def encode_grid(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction
                ) -> tuple[np.ndarray, np.ndarray]:
    """Codes (num_images, num_latents) and factors (num_images, num_factors) of all images of a data set.

    Raises UserError for a data set that is no grid, or whose images draw more than their place in it."""
    if not is_plannable(ground_truth_data):
        raise UserError(f"{type(ground_truth_data).__name__} has no finite list of images; ask for a number of them.")
    values = np.unravel_index(np.arange(ground_truth_data.num_images), tuple(ground_truth_data.grid_factor_sizes))
    observations = LazyObservations(ground_truth_data, np.arange(ground_truth_data.num_images))
    return encode(representation_function, observations), np.stack(
        [values[index] for index in ground_truth_data.latent_indices], axis=1)


def encode(representation_function: RepresentationFunction, observations: Any) -> np.ndarray:
    """Codes (n, num_latents) of observations (n, H, W, C), of which only a part is in memory at a time."""
    if isinstance(representation_function, CodeTable):
        return representation_function(observations)
    return np.concatenate([np.asarray(representation_function(observations[start:start + CHUNK]))
                           for start in range(0, len(observations), CHUNK)])
