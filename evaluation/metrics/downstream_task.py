"""Downstream classification: how well simple models read the factors from few or many codes (arXiv:1811.12359)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.estimators.predictors import accuracies, fit_each, make_predictor_fn
from ..sampling.points import RepresentationFunction, sample_codes


@gin.configurable("downstream_task", denylist=RUNTIME_ARGUMENTS)
def compute_downstream_task(ground_truth_data: Any, representation_function: RepresentationFunction,
                            random_state: np.random.RandomState, artifact_dir: str | None = None,
                            num_train: Sequence[int] = gin.REQUIRED, num_test: int = gin.REQUIRED,
                            batch_size: int = 16) -> dict[str, float]:
    """Accuracies in [0, 1], higher is better, for each training size n: `n:mean_test_accuracy`, min, and by factor."""
    samples = [[sample_codes(ground_truth_data, representation_function, size, random_state, batch_size)
                for size in (train_size, num_test)] for train_size in num_train]
    tasks = [(codes, labels) for (codes, factors), _ in samples for labels in factors.T]
    models = fit_each(make_predictor_fn(), tasks)
    scores: dict[str, float] = {}
    num_factors = samples[0][0][1].shape[1]
    for place, (train_size, (train, test)) in enumerate(zip(num_train, samples, strict=True)):
        of_size = models[place * num_factors:(place + 1) * num_factors]
        scores |= accuracy_scores(str(train_size), *accuracies(of_size, train, test))
    return scores


def accuracy_scores(size: str, train: Sequence[float], test: Sequence[float]) -> dict[str, float]:
    """Mean, minimum and single accuracies under the reference's keys, which start with the training size."""
    scores = {f"{size}:mean_train_accuracy": float(np.mean(train)), f"{size}:mean_test_accuracy": float(np.mean(test)),
              f"{size}:min_train_accuracy": float(np.min(train)), f"{size}:min_test_accuracy": float(np.min(test))}
    for factor, (of_train, of_test) in enumerate(zip(train, test, strict=True)):
        scores[f"{size}:train_accuracy_factor_{factor}"] = of_train
        scores[f"{size}:test_accuracy_factor_{factor}"] = of_test
    return scores
