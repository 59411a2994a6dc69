"""Downstream accuracy after the codes that say most about a factor are removed (disentanglement_lib)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ...common.errors import UserError
from ..declaration import Metric, Score
from ..estimators.predictors import PredictorFactory, accuracies, fit_factors, gradient_boosting_classifier
from ..inputs import Arrays, Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from .dci import importances_and_accuracies

# Of train and test pairs to a matrix (num_codes, num_factors) that is large where a code says much of a factor.
CorrelationMeasure = Callable[[Arrays, Arrays], np.ndarray]


@Metric(
    "reduced_downstream_task", paper="disentanglement_lib", needs="train and test points",
    citations=("locatello2019challenging",),
    scores=(Score("{size}:mean_test_accuracy_reduced_factor", "reduced downstream task",
                  "removing the best codes removes the factor", (0, 1), "large", "F (k + 1) models for each factor",
                  better="low"),
            Score("{size}:mean_test_accuracy_other_factors", "reduced downstream task, other factors",
                  "removing a factor's best codes keeps the others", (0, 1), "large",
                  "F (k + 1) models for each factor")),
    other_keys={
        "{size}:mean_train_accuracy_reduced_factor": None, "{size}:mean_train_accuracy_other_factors": "high",
        "{size}:reduced_{factor}:mean_test_accuracy_reduced_factor": "low",
        "{size}:reduced_{factor}:mean_train_accuracy_reduced_factor": None,
        "{size}:reduced_{factor}:mean_{split}_accuracy_non_reduced_factor": "high",
        "{size}:reduced_{factor}:mean_{split}_accuracy_factor_{other}": None})
def reduced_downstream_task(train: Points, test: Points, *, random_state: RandomSeed, num_factors_to_remove: int = 2,
                            predictor: PredictorFactory = gradient_boosting_classifier,
                            correlation_measure: CorrelationMeasure | None = None,
                            n_jobs: int | None = None) -> MetricResult:
    """Computes downstream accuracies after the codes that say most about each factor are removed.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete.
        test: codes and factors; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that the classifiers draw on.
        num_factors_to_remove: number of codes to remove for each factor, fewer than there are codes.
        predictor: makes an unfitted classifier.
        correlation_measure: says how much each code tells of each factor; by default DCI's importances.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        Accuracies in [0, 1] for n training points.  A low `n:mean_test_accuracy_reduced_factor` with a high
        `n:mean_test_accuracy_other_factors` means that what is known of a factor sits in few codes.

    Raises:
        UserError: for arrays of other shapes, and when no code would be left.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 4, (2, 2)), axis=1)
    >>> sample = (factors, factors)
    >>> found = reduced_downstream_task(sample, sample, random_state=0, num_factors_to_remove=1)
    >>> found["40:mean_test_accuracy_other_factors"]
    1.0
    """
    train, test = as_train_and_test(train, test)
    if num_factors_to_remove >= train[0].shape[1]:
        raise UserError(f"reduced_downstream_task.num_factors_to_remove is {num_factors_to_remove}, but the "
                        f"representation has {train[0].shape[1]} codes; at least one must be left.")
    stream = as_random_state(random_state)
    measure = correlation_measure or partial(_dci_importances, stream=stream, n_jobs=n_jobs)
    by_factor = []
    for factor in range(train[1].shape[1]):
        reduced = (train, test)
        for _ in range(num_factors_to_remove):
            reduced = without_best_code(*reduced, factor, measure)
        by_factor.append(accuracies(fit_factors(predictor, *reduced[0], stream, n_jobs), *reduced))
    return MetricResult({f"{len(train[0])}:{key}": value for key, value in reduction_scores(by_factor).items()})


def without_best_code(train: Arrays, test: Arrays, factor: int, measure: CorrelationMeasure) -> tuple[Arrays, Arrays]:
    """Train and test points without the code that says most about a factor, the first on ties."""
    best = np.argmax(measure(train, test)[:, factor])
    return (np.delete(train[0], best, axis=1), train[1]), (np.delete(test[0], best, axis=1), test[1])


def reduction_scores(by_factor: Sequence[tuple[Sequence[float], Sequence[float]]]) -> dict[str, float]:
    """The reference's keys for train and test accuracies of all factors, one pair for each reduced factor."""
    scores: dict[str, float] = {}
    for split, which in (("train", 0), ("test", 1)):
        own, others = [], []
        for reduced, accuracies_of in enumerate(by_factor):
            values = accuracies_of[which]
            prefix = f"reduced_factor_{reduced}:mean_{split}_accuracy"
            own.append(values[reduced])
            others.append(float(np.mean([value for factor, value in enumerate(values) if factor != reduced])))
            scores[f"{prefix}_reduced_factor"] = own[-1]
            scores |= {f"{prefix}_factor_{factor}": value for factor, value in enumerate(values)}
            scores[f"{prefix}_non_reduced_factor"] = others[-1]
        scores[f"mean_{split}_accuracy_reduced_factor"] = float(np.mean(own))
        scores[f"mean_{split}_accuracy_other_factors"] = float(np.mean(others))
    return scores


def _dci_importances(train: Arrays, test: Arrays, stream: np.random.RandomState, n_jobs: int | None) -> np.ndarray:
    return importances_and_accuracies(train, test, stream, n_jobs=n_jobs)[0]
