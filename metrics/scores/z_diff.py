"""Z-diff: BetaVAE's score on given points (Carbonneau et al., A Review of Metrics, arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..estimators.predictors import logistic_regression
from ..groups.labelled import numbers_of_groups, repeated_values
from ..groups.votes import above_chance
from ..inputs import as_points
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..undefined import undefined
from .beta_vae_sklearn import mean_differences

CONVERGED = partial(logistic_regression, max_iter=10_000)


@Metric(
    "z_diff", paper="Higgins et al. 2017; Carbonneau et al. 2022", needs="points",
    citations=("higgins2017beta", "carbonneau2022measuring"),
    scores=(Score("z_diff", "Z-diff", "as BetaVAE, on given points, chance 0", (float("-inf"), 1), "medium",
                  "can be negative"),))
def z_diff(codes: Any, factors: Any, *, random_state: RandomSeed, batch_size: int = 200, num_train: int = 10_000,
           num_eval: int = 5_000, classifier: Callable[[], Any] = CONVERGED) -> MetricResult:
    """Computes how well a classifier guesses which factor `batch_size` pairs of the given points share.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        random_state: stream or seed that decides which points form a pair.
        batch_size: number of pairs in a group.
        num_train, num_eval: numbers of groups.
        classifier: makes an unfitted linear classifier.

    Returns:
        `z_diff`, at most 1, 0 for guessing, higher is better.  A logistic regression guesses the factor from the mean
        distance of each code (Higgins et al., ICLR 2017).  NaN where no two points share a value of some factor.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    >>> found = z_diff(factors * 1.0, factors, random_state=0, batch_size=20, num_train=100, num_eval=50)
    >>> found["z_diff"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    stream = as_random_state(random_state)
    train, evaluation = numbers_of_groups(factors.shape[1], num_train, num_eval, stream)
    if (train > 0).sum() < 2:
        return _undefined("All training points of Z-diff share the same factor; it needs two factors.")
    features = []
    for labels, number in zip(factors.T, train + evaluation, strict=True):
        pairs = pairs_with_a_value(labels, batch_size * int(number), stream)
        if pairs is None:
            return _undefined(f"No two of {len(codes)} points share a value of some factor; draw more points.")
        features.append(mean_differences(codes[pairs].reshape(2, -1, batch_size, codes.shape[1])))
    parts = [np.split(of_factor, [number]) for of_factor, number in zip(features, train, strict=True)]
    (inputs, labels), (test_inputs, test_labels) = (
        _shuffled(np.concatenate([of_factor[which] for of_factor in parts]), numbers, stream)
        for which, numbers in enumerate((train, evaluation)))
    model = classifier().fit(inputs, labels)
    accuracy = float(np.mean(model.predict(test_inputs) == test_labels))
    return MetricResult({"z_diff": above_chance(accuracy, factors.shape[1])})


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


def _undefined(reason: str) -> MetricResult:
    return MetricResult({"z_diff": undefined(reason)})


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
