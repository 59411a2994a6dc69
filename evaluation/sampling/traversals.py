"""Codes along a factor: all its values in order, the other factors at random values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from .draws import draw_integers
from .points import RepresentationFunction, encode_factors


def drawn_traversals(ground_truth_data: GroundTruthData, factor: int, repeats: int,
                     random_state: np.random.RandomState) -> np.ndarray:
    """(repeats, number of values, num_factors): each draws one value of every factor, in order, point by point."""
    sizes = ground_truth_data.factors_num_values
    starts = draw_integers(random_state, sizes, [1] * len(sizes), repeats)
    traversals = np.repeat(starts[:, np.newaxis], sizes[factor], axis=1)
    traversals[:, :, factor] = np.arange(sizes[factor])
    return traversals


def encoded_traversals(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                       repeats: int, random_state: np.random.RandomState) -> Iterator[np.ndarray]:
    """Codes (repeats, number of values, num_codes) along each factor that has two values or more."""
    for factor in varying_factors(ground_truth_data):
        traversals = drawn_traversals(ground_truth_data, factor, repeats, random_state)
        codes = encode_factors(representation_function, ground_truth_data,
                               traversals.reshape(-1, traversals.shape[-1]), random_state)
        yield codes.reshape(*traversals.shape[:2], -1)


def varying_factors(ground_truth_data: GroundTruthData) -> list[int]:
    """Positions of the factors with two values or more."""
    return [factor for factor, size in enumerate(ground_truth_data.factors_num_values) if size > 1]
