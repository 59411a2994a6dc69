"""Modularity and explicitness (Ridgeway and Mozer, NeurIPS 2018, arXiv:1802.05312), as in disentanglement_lib."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..estimators.classification import area_under_curve
from ..estimators.jobs import run_in_turn
from ..estimators.predictors import logistic_regression
from ..information.discretization import Discretizer, discretize, histogram_discretize, mutual_information_matrix
from ..information.precision import wide_enough
from ..inputs import Arrays, Points, as_train_and_test
from ..result import MetricResult
from ..shared_matrices import MUTUAL_INFORMATION
from ..undefined import one_value, undefined

logger = logging.getLogger(__name__)


@Metric(
    "modularity_explicitness", paper="Ridgeway and Mozer 2018", needs="train and test points",
    citations=("ridgeway2018learning",),
    matrices=(MUTUAL_INFORMATION,),
    aliases=("modularity", "modularity_score"),
    scores=(Score("modularity_score", "modularity", "each code knows one factor only", (0, 1), "small",
                  "nearly dead codes count; says nothing about how much is encoded"),
            Score("explicitness_score_test", "explicitness", "factors are linearly readable", (0, 1), "small",
                  "area under the ROC curve, close to 1 early", chance="0.5")),
    other_keys={"modularity_score_live_codes": "high", "explicitness_score_train": "high"})
def modularity_explicitness(train: Points, test: Points, *, num_bins: int = 20,
                            discretizer: Discretizer = histogram_discretize,
                            classifier: Callable[[], Any] = logistic_regression) -> MetricResult:
    """Computes modularity of the training points, and explicitness of both.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete.
        test: codes and factors; `unbraid.metrics.split` makes both of one sample.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.
        classifier: makes an unfitted linear classifier.

    Returns:
        `modularity_score` in [0, 1] and `explicitness_score_{train,test}` with chance 0.5, higher is better.
        Codes without information count in the modularity, as in the reference; not in `modularity_score_live_codes`.
        Matrix `mutual_information`, nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)
    >>> round(modularity_explicitness((factors, factors), (factors, factors))["modularity_score"], 6)
    1.0
    """
    train, test = as_train_and_test(train, test)
    information = mutual_information_matrix(discretize(train[0], num_bins, discretizer), train[1])
    train_areas, test_areas = zip(*run_in_turn(_areas, _tasks(train, test, classifier)), strict=True)
    return MetricResult({
        "modularity_score": modularity(information),
        "modularity_score_live_codes": modularity_of_live_codes(information),
        "explicitness_score_train": float(np.mean(train_areas)),
        "explicitness_score_test": float(np.mean(test_areas))}, {"mutual_information": information})


def modularity_per_code(mutual_information: np.ndarray) -> np.ndarray:
    """(num_codes,) how far each code depends on one factor only, in [0, 1] (sec. 3).

    mutual_information: (num_codes, num_factors).  0 for a code without information; NaN with one factor."""
    squared = np.square(mutual_information)
    largest = squared.max(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = 1.0 - (squared.sum(axis=1) - largest) / (largest * (squared.shape[1] - 1.0))
    scores[largest == 0.0] = 0.0
    return np.asarray(scores)


def modularity(mutual_information: np.ndarray) -> float:
    """Mean of `modularity_per_code`, higher is better; a code without information counts as 0."""
    return float(np.mean(modularity_per_code(mutual_information)))


def modularity_of_live_codes(mutual_information: np.ndarray) -> float:
    """`modularity` over the codes that have any information; NaN when none has."""
    live = mutual_information.max(axis=1) > 0.0
    return modularity(mutual_information[live]) if live.any() else float("nan")


def _areas(classifier: Any, train_codes: np.ndarray, train_labels: np.ndarray, test_codes: np.ndarray,
           test_labels: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve of a classifier, which is fitted here, for one factor on train and test.

    Codes are standardised (n, num_codes); labels (n,).  NaN when a set holds one class."""
    if (train_labels == train_labels[0]).all() or train_codes.shape[1] == 0:
        return float("nan"), float("nan")
    classifier.fit(train_codes, train_labels)
    return (area_under_curve(classifier, train_codes, train_labels),
            area_under_curve(classifier, test_codes, test_labels))


def _tasks(train: Arrays, test: Arrays, classifier: Callable[[], Any]) -> Iterator[tuple[Any, ...]]:
    """A classifier, standardised train and test codes, and the labels of one factor after the other.

    Constant codes are left out: they hold nothing, and the original fails on them (0 / 0)."""
    (codes, factors), (test_codes, test_factors) = train, test
    codes = wide_enough(codes, lambda codes: codes.var(axis=0))
    mean, deviation = codes.mean(axis=0), codes.std(axis=0)
    varying = deviation > 0
    if not varying.all():
        logger.warning("Codes %s are constant and are left out of explicitness.", np.flatnonzero(~varying).tolist())
    for values, where in ((factors, "training"), (test_factors, "test")):
        constant = np.flatnonzero((values == values[0]).all(axis=0))
        if len(constant):
            undefined(f"{one_value(constant)} in the {where} points, which leaves no explicitness.")
    standardised = ((codes - mean) / np.where(varying, deviation, 1))[:, varying]
    test_standardised = ((test_codes - mean) / np.where(varying, deviation, 1))[:, varying]
    return ((classifier(), standardised, labels, test_standardised, test_labels)
            for labels, test_labels in zip(factors.T, test_factors.T, strict=True))
