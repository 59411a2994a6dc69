"""Downstream accuracy when a factor fixed in training takes other values in the test (disentanglement_lib)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import model_stream, undefined
from ...metrics.estimators.predictors import (
    PredictorFactory,
    accuracies,
    accuracy,
    fit_each,
    fit_factors,
    make_predictor_fn,
    training_accuracy,
)
from ..sampling.points import RepresentationFunction, encode_batches


@gin.configurable("strong_downstream_task", denylist=RUNTIME_ARGUMENTS)
def compute_strong_downstream_task(ground_truth_data: Any, representation_function: RepresentationFunction,
                                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                                   num_train: Sequence[int] = gin.REQUIRED, num_test: int = gin.REQUIRED,
                                   n_experiment: int = gin.REQUIRED,
                                   intervention_seed: int | None = None) -> dict[str, float]:
    """Accuracies in [0, 1] for each training size n; `n:strong_generalization_gap`, at most 1, lower is better.

    reference: interventions are drawn on the models' stream; with `intervention_seed` they have their own."""
    scores: dict[str, float] = {}
    chooser = model_stream() if intervention_seed is None else np.random.RandomState(intervention_seed)
    for size in num_train:
        factors = [ground_truth_data.sample_factors(number, random_state) for number in (size, num_test)]
        train, test = _encoded(ground_truth_data, representation_function, factors, random_state)
        make_predictor = make_predictor_fn()
        plain = accuracies(fit_factors(make_predictor, *train), train, test)
        strong = [_intervened_accuracies(ground_truth_data, representation_function, factors, target, make_predictor,
                                         random_state, chooser)
                  for target in range(factors[0].shape[1]) for _ in range(n_experiment)]
        scores |= gap_scores(str(size), *(float(np.mean(values)) for values in (*plain, *zip(*strong, strict=True))))
    return scores


def gap_scores(size: str, train: float, test: float, strong_train: float, strong_test: float) -> dict[str, float]:
    """Mean accuracies under the reference's keys, and the gap 1 - strong_test / test, NaN where test is 0."""
    gap = 1.0 - strong_test / test if test else undefined(
        f"No test point of {size} training points is predicted correctly; the generalization gap divides by that.")
    return {f"{size}:mean_train_accuracy": train, f"{size}:mean_test_accuracy": test,
            f"{size}:mean_strong_train_accuracy": strong_train, f"{size}:mean_strong_test_accuracy": strong_test,
            f"{size}:strong_generalization_gap": gap}


def intervene(train: np.ndarray, test: np.ndarray, target: int, sizes: Sequence[int],
              chooser: Any) -> tuple[np.ndarray, np.ndarray]:
    """Copies of factors in which a factor other than `target` has one value in training and only others in the test."""
    factor = chooser.choice([other for other in range(len(sizes)) if other != target])
    values = list(range(sizes[factor]))
    fixed = chooser.choice(values)
    values.remove(fixed)
    train, test = train.copy(), test.copy()
    train[:, factor] = fixed
    if not values:
        undefined(f"Factor {factor} has one value, so none is left for the test; its test points stay as they are.")
        return train, test
    test[:, factor] = chooser.choice(values, size=len(test))
    return train, test


def _intervened_accuracies(ground_truth_data: Any, representation_function: RepresentationFunction,
                           factors: Sequence[np.ndarray], target: int, make_predictor: PredictorFactory,
                           random_state: np.random.RandomState, chooser: Any) -> tuple[float, float]:
    intervened = intervene(factors[0], factors[1], target, ground_truth_data.factors_num_values, chooser)
    (codes, labels), (test_codes, test_labels) = _encoded(ground_truth_data, representation_function, intervened,
                                                          random_state)
    model, = fit_each(make_predictor, [(codes, labels[:, target])])
    return training_accuracy(model, codes, labels[:, target]), accuracy(model, test_codes, test_labels[:, target])


def _encoded(ground_truth_data: Any, representation_function: RepresentationFunction, factors: Sequence[np.ndarray],
             random_state: np.random.RandomState) -> list[tuple[np.ndarray, np.ndarray]]:
    """Codes and factors of each sample, observed in order and encoded in one go."""
    observed = [(of_sample, ground_truth_data.sample_observations_from_factors(of_sample, random_state))
                for of_sample in factors]
    codes, _ = encode_batches(representation_function, observed)
    return list(zip(np.split(codes, np.cumsum([len(of_sample) for of_sample in factors])[:-1]), factors, strict=True))
