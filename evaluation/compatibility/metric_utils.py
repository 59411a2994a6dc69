"""`disentanglement_lib.evaluation.metrics.utils`: the helpers of metrics written for it.

Arrays are transposed as there: codes are (num_latents, num_points), factors (num_factors, num_points).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.information.discretization import Discretizer, entropies, mutual_information_matrix
from ..settings.choices import bins
from ..settings.choices import histogram_discretizer as histogram_discretize

__all__ = ["discrete_entropy", "discrete_mutual_info", "generate_batch_factor_code", "histogram_discretize",
           "make_discretizer", "normalize_data", "obtain_representation", "split_train_test"]

_histogram_discretize = histogram_discretize  # the name it has there


def make_discretizer(target: np.ndarray, num_bins: int = gin.REQUIRED,
                     discretizer_fn: Discretizer = gin.REQUIRED) -> np.ndarray:
    """Bins `target` (num_dimensions, num_points) row by row, as gin says (`discretizer.*`) unless given."""
    chosen = bins(num_bins, discretizer_fn)
    return chosen["discretizer"](target, chosen["num_bins"])


def generate_batch_factor_code(ground_truth_data: GroundTruthData, representation_function: Callable[[Any], np.ndarray],
                               num_points: int, random_state: np.random.RandomState,
                               batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (num_latents, num_points) and factors (num_factors, num_points), drawn batch by batch."""
    codes, factors = [], []
    for start in range(0, num_points, batch_size):
        batch_factors, observations = ground_truth_data.sample(min(batch_size, num_points - start), random_state)
        factors.append(batch_factors)
        codes.append(representation_function(observations))
    return np.concatenate(codes).T, np.concatenate(factors).T


def split_train_test(observations: np.ndarray, train_percentage: float) -> tuple[np.ndarray, np.ndarray]:
    """The first columns of an array (num_rows, num_points), rounded up, and the others."""
    num_train = int(np.ceil(observations.shape[1] * train_percentage))
    return observations[:, :num_train], observations[:, num_train:]


def obtain_representation(observations: np.ndarray, representation_function: Callable[[Any], np.ndarray],
                          batch_size: int) -> np.ndarray:
    """Codes (num_latents, num_points) of observations (num_points, ...)."""
    codes = [representation_function(observations[start : start + batch_size])
             for start in range(0, len(observations), batch_size)]
    return np.concatenate(codes).T


def discrete_mutual_info(mus: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Mutual information in nats, (num_latents, num_factors), of discrete codes and factors."""
    return mutual_information_matrix(mus.T, ys.T)


def discrete_entropy(ys: np.ndarray) -> np.ndarray:
    """Entropy in nats of each row of discrete factors."""
    return entropies(ys.T)


def normalize_data(data: np.ndarray, mean: np.ndarray | None = None,
                   stddev: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of an array (num_rows, num_points) shifted and scaled to mean 0 and standard deviation 1, and both."""
    mean = np.mean(data, axis=1) if mean is None else mean
    stddev = np.std(data, axis=1) if stddev is None else stddev
    return (data - mean[:, np.newaxis]) / stddev[:, np.newaxis], mean, stddev
