"""Downstream accuracy when a factor fixed in training takes other values in the test (disentanglement_lib)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..declaration import Metric, Score
from ..estimators.predictors import (
    PredictorFactory,
    accuracies,
    accuracy,
    fit_each,
    fit_factors,
    gradient_boosting_classifier,
    training_accuracy,
)
from ..inputs import Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..undefined import undefined

Intervention = tuple[int, Points, Points]  # the factor to predict, and train and test points


@Metric(
    "strong_downstream_task", paper="disentanglement_lib", needs="interventions",
    citations=("locatello2019challenging",),
    scores=(Score("{size}:strong_generalization_gap", "strong downstream task",
                  "accuracy survives a shift of another factor", (float("-inf"), 1), "medium",
                  "few interventions, much noise", better="low"),),
    other_keys={f"{{size}}:mean_{kind}_accuracy": "high" for kind in ("train", "test", "strong_train", "strong_test")})
def strong_downstream_task(train: Points, test: Points, interventions: Iterable[Intervention], *,
                           random_state: RandomSeed, predictor: PredictorFactory = gradient_boosting_classifier,
                           n_jobs: int | None = None) -> MetricResult:
    """Computes how much accuracy is lost when another factor is fixed in training and takes other values in the test.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete.
        test: codes and factors.
        interventions: (target, train, test) of each experiment: the factor to predict, and points in which another
            factor has one value in training and others in the test.  Read one by one, each after the last model was
            fitted, so that a generator may draw on the models' stream, as in the reference.
        random_state: stream or seed that the classifiers draw on.
        predictor: makes an unfitted classifier.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        Accuracies in [0, 1] for n training points, and `n:strong_generalization_gap`, 1 - strong test accuracy / test
        accuracy, at most 1, lower is better.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)
    >>> sample, low, high = (factors, factors), factors[:, 0] == 0, factors[:, 0] > 0
    >>> shifted = (1, (factors[low], factors[low]), (factors[high], factors[high]))
    >>> found = strong_downstream_task(sample, sample, [shifted], random_state=0)
    >>> found["36:strong_generalization_gap"]
    0.0
    """
    stream = as_random_state(random_state)
    samples = as_train_and_test(train, test)
    plain = accuracies(fit_factors(predictor, *samples[0], stream, n_jobs), *samples)
    strong = []
    for target, of_train, of_test in interventions:
        (codes, factors), (test_codes, test_factors) = as_train_and_test(of_train, of_test)
        labels, test_labels = factors[:, target], test_factors[:, target]
        model, = fit_each(predictor, [(codes, labels)], stream, n_jobs, [target])
        strong.append((training_accuracy(model, codes, labels), accuracy(model, test_codes, test_labels)))
    means = [float(np.mean(values)) for values in (*plain, *zip(*strong, strict=True))]
    return MetricResult(gap_scores(str(len(samples[0][0])), *means))


def gap_scores(size: str, train: float, test: float, strong_train: float, strong_test: float) -> dict[str, float]:
    """Mean accuracies under the reference's keys, and the gap 1 - strong_test / test, NaN where test is 0."""
    gap = 1.0 - strong_test / test if test else undefined(
        f"No test point of {size} training points is predicted correctly; the generalization gap divides by that.")
    return {f"{size}:mean_train_accuracy": train, f"{size}:mean_test_accuracy": test,
            f"{size}:mean_strong_train_accuracy": strong_train, f"{size}:mean_strong_test_accuracy": strong_test,
            f"{size}:strong_generalization_gap": gap}
