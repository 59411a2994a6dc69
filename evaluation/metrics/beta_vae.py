"""BetaVAE score (Higgins et al., beta-VAE, ICLR 2017, sec. 3), with disentanglement_lib's logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.estimators.jobs import quietly
from ...metrics.estimators.predictors import logistic_regression
from ..sampling.points import RepresentationFunction, sample_groups

CHUNK = 1000  # pairs of batches reduced at a time


def mean_differences(codes: np.ndarray) -> np.ndarray:
    """Features (num_groups, num_codes) float64 of pairs of batches (2, num_groups, batch_size, num_codes).

    The mean absolute difference within each pair, computed in the codes' own precision."""
    chunks = range(0, codes.shape[1], CHUNK)
    return np.concatenate([np.mean(np.abs(codes[0, start:start + CHUNK] - codes[1, start:start + CHUNK]), axis=1)
                           for start in chunks]).astype(np.float64)


@gin.configurable("beta_vae_sklearn", denylist=RUNTIME_ARGUMENTS)
def compute_beta_vae_sklearn(ground_truth_data: Any, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_eval: int = gin.REQUIRED) -> dict[str, float]:
    """`train_accuracy` and `eval_accuracy` of guessing which factor two batches share.

    In [0, 1], higher is better, chance is about 1 / num_factors.  Depends on the codes' scale through the
    classifier's penalty (`logistic_regression.C`)."""

    def features(num_groups: int) -> tuple[np.ndarray, np.ndarray]:
        numbers, codes = sample_groups(ground_truth_data, representation_function, num_groups, batch_size, 2,
                                       _share_factor, random_state)
        return mean_differences(codes), numbers

    return classifier_accuracies(features, num_train, num_eval, random_state)


def classifier_accuracies(features: Callable[[int], tuple[np.ndarray, np.ndarray]], num_train: int, num_eval: int,
                          random_state: np.random.RandomState) -> dict[str, float]:
    """Accuracies of `logistic_regression` on features (n, num_codes) and factor numbers (n,), drawn n at a time."""
    train, train_numbers = features(num_train)
    if len(np.unique(train_numbers)) < 2:
        score = undefined("All training points of the BetaVAE score share the same factor; it needs two factors.")
        return {"train_accuracy": score, "eval_accuracy": score}
    model = quietly(logistic_regression(random_state).fit, train, train_numbers)
    test, test_numbers = features(num_eval)
    return {"train_accuracy": float(np.mean(model.predict(train) == train_numbers)),
            "eval_accuracy": float(np.mean(model.predict(test) == test_numbers))}


def _share_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each group's second batch the first batch's values."""
    groups = np.arange(len(numbers))
    factors[1][groups, :, numbers] = factors[0][groups, :, numbers]
