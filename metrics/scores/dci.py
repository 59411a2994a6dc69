"""Disentanglement, completeness, informativeness (Eastwood and Williams, ICLR 2018), with boosted trees."""

from __future__ import annotations

import numpy as np
from scipy.stats import entropy

from ..declaration import Metric, Score
from ..estimators.predictors import PredictorFactory, accuracies, fit_factors, gradient_boosting_classifier
from ..inputs import Arrays, Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..shared_matrices import IMPORTANCES


@Metric(
    "dci", paper="Eastwood and Williams 2018", needs="train and test points", report_config="dci",
    citations=("eastwood2018framework",),
    matrices=(IMPORTANCES,),
    aliases=("dci_boosted_trees", "dci_disentanglement", "disentanglement", "completeness"),
    scores=(Score("disentanglement", "DCI", "each code serves one factor, each factor needs one code", (0, 1),
                  "medium", "belongs to its regressor; codes with many split points look important"),),
    other_keys={"completeness": "high", "informativeness_train": "high", "informativeness_test": "high"})
def dci(train: Points, test: Points, *, random_state: RandomSeed,
        predictor: PredictorFactory = gradient_boosting_classifier, n_jobs: int | None = None) -> MetricResult:
    """Computes disentanglement, completeness and informativeness from the importances of boosted trees.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete, that the trees are fitted to.
        test: codes and factors for `informativeness_test`; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that the trees draw on.
        predictor: makes an unfitted classifier with `feature_importances_`.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `disentanglement`, `completeness` and `informativeness_{train,test}` (accuracies) in [0, 1], higher is better.
        A factor with one training value makes them NaN.  Matrix `importances`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 9, (3, 3)), axis=1)
    >>> dci((factors, factors), (factors, factors), random_state=0)["informativeness_test"]
    1.0
    """
    samples = as_train_and_test(train, test)
    importances, train_accuracy, test_accuracy = importances_and_accuracies(
        *samples, as_random_state(random_state), predictor, n_jobs)
    return MetricResult({"informativeness_train": train_accuracy, "informativeness_test": test_accuracy,
                         "disentanglement": disentanglement(importances), "completeness": completeness(importances)},
                        {"importances": importances})


def importances_and_accuracies(train: Arrays, test: Arrays, stream: np.random.RandomState,
                               predictor: PredictorFactory = gradient_boosting_classifier,
                               n_jobs: int | None = None) -> tuple[np.ndarray, float, float]:
    """Importances (num_codes, num_factors) of fitted predictors, and their mean train and test accuracy.

    A factor with one training value has NaN importances and accuracies."""
    models = fit_factors(predictor, *train, stream, n_jobs)
    missing = np.full(train[0].shape[1], np.nan)
    importances = np.stack([missing if model is None else np.abs(model.feature_importances_) for model in models],
                           axis=1)
    train_accuracies, test_accuracies = accuracies(models, train, test)
    return importances, float(np.mean(train_accuracies)), float(np.mean(test_accuracies))


def disentanglement_per_code(importances: np.ndarray) -> np.ndarray:
    """(num_codes,) 1 minus the entropy, base num_factors, of each row of importances (num_codes, num_factors)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - entropy(importances.T + 1e-11, base=importances.shape[1]))


def disentanglement(importances: np.ndarray) -> float:
    """How far each code serves one factor, weighted by its importance, in [0, 1], higher is better (sec. 2).

    importances: (num_codes, num_factors), not negative.  NaN with one factor."""
    return float(np.sum(disentanglement_per_code(importances) * _shares(importances, axis=1)))


def completeness_per_factor(importances: np.ndarray) -> np.ndarray:
    """(num_factors,) 1 minus the entropy, base num_codes, of each column of importances (num_codes, num_factors)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - entropy(importances + 1e-11, base=importances.shape[0]))


def completeness(importances: np.ndarray) -> float:
    """How far each factor is served by one code, weighted by its importance, in [0, 1], higher is better (sec. 2).

    importances: (num_codes, num_factors), not negative.  NaN with one code."""
    return float(np.sum(completeness_per_factor(importances) * _shares(importances, axis=0)))


def _shares(importances: np.ndarray, axis: int) -> np.ndarray:
    """Sums along an axis as shares of the whole; uniform when there is no importance at all."""
    if importances.sum() == 0.0:
        importances = np.ones_like(importances)
    return np.asarray(importances.sum(axis=axis) / importances.sum())
