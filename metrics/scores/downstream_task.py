"""Downstream classification: how well simple models read the factors from few or many codes (arXiv:1811.12359)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..declaration import Metric, Score
from ..estimators.predictors import PredictorFactory, accuracies, fit_each, gradient_boosting_classifier
from ..inputs import Arrays, Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult


@Metric(
    "downstream_task", paper="Locatello et al. 2019", needs="train and test points",
    citations=("locatello2019challenging",),
    scores=(Score("{size}:mean_test_accuracy", "downstream task", "factors are learnable from few codes", (0, 1),
                  "medium", "measures information, not disentanglement", configs=("downstream_task_boosted_trees",)),
            Score("{size}:mean_test_accuracy", "downstream task", "factors are linearly learnable", (0, 1), "large",
                  "cross-validation may stop unconverged", configs=("downstream_task_logistic_regression",))),
    other_keys={"{size}:mean_train_accuracy": "high", "{size}:min_train_accuracy": "high",
                "{size}:min_test_accuracy": "high", "{size}:train_accuracy_factor_{factor}": "high",
                "{size}:test_accuracy_factor_{factor}": "high"})
def downstream_task(train: Points, test: Points, *, random_state: RandomSeed,
                    predictor: PredictorFactory = gradient_boosting_classifier,
                    n_jobs: int | None = None) -> MetricResult:
    """Computes how accurately classifiers predict each factor from the codes.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete, that the classifiers are fitted to.
        test: codes and factors; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that the classifiers draw on.
        predictor: makes an unfitted classifier.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        Accuracies in [0, 1], higher is better: `n:mean_test_accuracy` for n training points, the smallest of them, and
        by factor, on test and training points.  NaN with a factor of one training value.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 9, (3, 3)), axis=1)
    >>> downstream_task((factors, factors), (factors, factors), random_state=0)["40:mean_test_accuracy"]
    1.0
    """
    return downstream_tasks([as_train_and_test(train, test)], as_random_state(random_state), predictor, n_jobs)


def downstream_tasks(samples: Sequence[tuple[Arrays, Arrays]], stream: np.random.RandomState,
                     predictor: PredictorFactory, n_jobs: int | None = None) -> MetricResult:
    """The scores of several train and test pairs, whose models are all fitted together."""
    models = iter(fit_each(predictor, [(codes, labels) for (codes, factors), _ in samples for labels in factors.T],
                           stream, n_jobs,
                           [factor for (_, factors), _ in samples for factor in range(factors.shape[1])]))
    scores: dict[str, float] = {}
    for train, test in samples:
        of_size = [next(models) for _ in train[1].T]
        scores |= accuracy_scores(str(len(train[0])), *accuracies(of_size, train, test))
    return MetricResult(scores)


def accuracy_scores(size: str, train: Sequence[float], test: Sequence[float]) -> dict[str, float]:
    """Mean, minimum and single accuracies under the reference's keys, which start with the training size."""
    scores = {f"{size}:mean_train_accuracy": float(np.mean(train)), f"{size}:mean_test_accuracy": float(np.mean(test)),
              f"{size}:min_train_accuracy": float(np.min(train)), f"{size}:min_test_accuracy": float(np.min(test))}
    for factor, (of_train, of_test) in enumerate(zip(train, test, strict=True)):
        scores[f"{size}:train_accuracy_factor_{factor}"] = of_train
        scores[f"{size}:test_accuracy_factor_{factor}"] = of_test
    return scores
