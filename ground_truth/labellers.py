"""Labels as an annotator would give them: perfect, binned, noisy, permuted or partial (disentanglement_lib)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ..common.errors import UserError

Labeller = Callable[[np.ndarray, Any, np.random.RandomState], tuple[np.ndarray, list[int]]]
LABELLER_ARGUMENTS = ["labels", "dataset", "random_state"]


def sample_supervised_data(supervised_seed: int, ground_truth_data: Any,
                           num_labelled_samples: int) -> tuple[Any, np.ndarray, list[int]]:
    """Observations (n, H, W, C), labels (n, num_labels) float32 and the number of values of each label.

    One block of factors and observations, then the labeller, on one stream."""
    random_state = np.random.RandomState(supervised_seed)
    factors, observations = ground_truth_data.sample(num_labelled_samples, random_state)
    labels, sizes = make_labeller(factors, ground_truth_data, random_state)
    return observations, labels, sizes


@gin.configurable("labeller", denylist=LABELLER_ARGUMENTS)
def make_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState,
                  labeller_fn: Labeller = gin.REQUIRED) -> tuple[np.ndarray, list[int]]:
    """Labels of factors (n, num_factors) by the labeller that gin names."""
    return labeller_fn(labels, dataset, random_state)


@gin.configurable("perfect_labeller", denylist=LABELLER_ARGUMENTS)
def perfect_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState
                     ) -> tuple[np.ndarray, list[int]]:
    """The factors themselves."""
    return labels.astype(np.float32), list(dataset.factors_num_values)


@gin.configurable("bin_labeller", denylist=LABELLER_ARGUMENTS)
def bin_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState,
                 num_bins: int = 5) -> tuple[np.ndarray, list[int]]:
    """Factors with more than `num_bins` values are binned evenly."""
    labels = labels.astype(np.float32)
    sizes = list(dataset.factors_num_values)
    for column, size in enumerate(sizes):
        if size > num_bins:
            labels[:, column] = np.minimum(labels[:, column] // (size / num_bins), num_bins - 1)
    return labels, [min(size, num_bins) for size in sizes]


@gin.configurable("noisy_labeller", denylist=LABELLER_ARGUMENTS)
def noisy_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState,
                   prob_random: float = 0.1) -> tuple[np.ndarray, list[int]]:
    """Each label is replaced by a random value with probability `prob_random`, point by point."""
    sizes = list(dataset.factors_num_values)
    labels = labels.copy()
    for point in labels:
        for column, size in enumerate(sizes):
            if random_state.rand() < prob_random:
                point[column] = random_state.randint(size)
    return labels.astype(np.float32), sizes


@gin.configurable("permuted_labeller", denylist=LABELLER_ARGUMENTS)
def permuted_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState
                      ) -> tuple[np.ndarray, list[int]]:
    """The values of each factor are renamed, so that their order means nothing."""
    sizes = list(dataset.factors_num_values)
    renamed = [random_state.permutation(size)[labels[:, column]] for column, size in enumerate(sizes)]
    return np.stack(renamed, axis=1).astype(np.float32), sizes


@gin.configurable("partial_labeller", denylist=LABELLER_ARGUMENTS)
def partial_labeller(labels: np.ndarray, dataset: Any, random_state: np.random.RandomState,
                     num_observed_factors: int = 2) -> tuple[np.ndarray, list[int]]:
    """Some factors only, drawn without replacement.  Raises UserError for more than there are, or none."""
    if not 1 <= num_observed_factors <= labels.shape[1]:
        raise UserError(f"partial_labeller.num_observed_factors is {num_observed_factors}; the data set has "
                        f"{labels.shape[1]} factors.")
    kept = random_state.choice(labels.shape[1], size=num_observed_factors, replace=False)
    return labels.astype(np.float32)[:, kept], [dataset.factors_num_values[column] for column in kept]
