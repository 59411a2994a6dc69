"""Z-diff: BetaVAE's score on given points (Carbonneau et al., A Review of Metrics, arXiv:2012.09276)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.estimators.predictors import logistic_regression
from ..sampling.labelled_groups import above_chance, numbers_of_groups, repeated_values
from ..sampling.points import RepresentationFunction, sample_codes
from .beta_vae import mean_differences


def pairs_with_a_value(labels: np.ndarray, number: int, random_state: np.random.RandomState) -> np.ndarray | None:
    """(2, number) rows of pairs of different points that share a label, in random order; None without such points.

    Each pair draws its label; points are used once before they are used again."""
    values = repeated_values(labels)
    if not len(values):
        return None
    pairs = [_pairs_of(np.flatnonzero(labels == values[place]), count, random_state) for place, count in zip(
        *np.unique(random_state.choice(len(values), size=number), return_counts=True), strict=True)]
    order = np.arange(number)
    random_state.shuffle(order)
    return np.concatenate(pairs, axis=1)[:, order]


@gin.configurable("z_diff", denylist=RUNTIME_ARGUMENTS)
def compute_z_diff(ground_truth_data: Any, representation_function: RepresentationFunction,
                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                   num_points: int = gin.REQUIRED, batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                   num_eval: int = gin.REQUIRED, sampling_batch_size: int = 16) -> dict[str, float]:
    """`z_diff`, at most 1, 0 for guessing, higher is better: which factor do `batch_size` pairs of points share?

    A logistic regression guesses it from the mean distance of each code (Higgins et al., ICLR 2017).
    num_points: labelled points drawn once, from which pairs are taken."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_points, random_state,
                                  sampling_batch_size)
    return {"z_diff": z_diff(codes, factors, batch_size, num_train, num_eval, random_state)}


def z_diff(codes: np.ndarray, factors: np.ndarray, batch_size: int, num_train: int, num_eval: int,
           random_state: np.random.RandomState) -> float:
    """The score of codes (n, num_codes) and factors (n, num_factors)."""
    train, evaluation = numbers_of_groups(factors.shape[1], num_train, num_eval, random_state)
    if (train > 0).sum() < 2:
        return undefined("All training points of Z-diff share the same factor; it needs two factors.")
    features = []
    for labels, number in zip(factors.T, train + evaluation, strict=True):
        pairs = pairs_with_a_value(labels, batch_size * int(number), random_state)
        if pairs is None:
            return undefined(f"No two of {len(codes)} points share a value of some factor; draw more points.")
        features.append(mean_differences(codes[pairs].reshape(2, -1, batch_size, codes.shape[1])))
    split = [np.split(of_factor, [number]) for of_factor, number in zip(features, train, strict=True)]
    (inputs, labels), (test_inputs, test_labels) = (
        _shuffled(np.concatenate([parts[which] for parts in split]), numbers, random_state)
        for which, numbers in enumerate((train, evaluation)))
    model = logistic_regression().fit(inputs, labels)
    return above_chance(float(np.mean(model.predict(test_inputs) == test_labels)), factors.shape[1])


def _pairs_of(rows: np.ndarray, number: int, random_state: np.random.RandomState) -> np.ndarray:
    """(2, number): rows shuffled again and again, the first of them against the next ones."""
    parts, half = [], len(rows) // 2
    for start in range(0, number, half):
        random_state.shuffle(rows)
        size = min(half, number - start)
        parts.append(np.stack([rows[:size], rows[size:2 * size]]))
    return np.concatenate(parts, axis=1)


def _shuffled(inputs: np.ndarray, numbers: np.ndarray,
              random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Inputs, factor after factor, and their factor numbers, in a random order."""
    order = np.arange(len(inputs))
    random_state.shuffle(order)
    return inputs[order], np.repeat(np.arange(len(numbers)), numbers)[order]
