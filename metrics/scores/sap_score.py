"""Separated Attribute Predictability (Kumar et al., DIP-VAE, arXiv:1711.00848, sec. 3), as in disentanglement_lib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..estimators.jobs import run_threads
from ..inputs import Arrays, Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state, hand_out
from ..result import MetricResult
from ..undefined import one_value, undefined


@Metric(
    "sap_score", paper="Kumar et al. 2018", needs="train and test points", report_config="sap_score",
    citations=("kumar2018variational",),
    matrices=(Matrix("sap", "SAP: one code alone predicts a factor", "accuracy or R²",
                     "The gap between the two best is the score."),),
    aliases=("sap", "separated_attribute_predictability"),
    scores=(Score("SAP_score", "SAP", "one code alone predicts a factor, no second one does", (0, 1), "small",
                  "tiny for factors with many values"),))
def sap_score(train: Points, test: Points, *, random_state: RandomSeed, continuous_factors: bool = False,
              n_jobs: int | None = None) -> MetricResult:
    """Computes the mean gap between the two codes that predict each factor best on their own.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors).
        test: codes and factors on which accuracies are measured; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that the support vector machines draw on.
        continuous_factors: whether to take squared correlations on the training points instead of accuracies.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `SAP_score` in [0, 1], higher is better.  NaN with one code or a factor with one value.  Matrix `sap`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 4, (2, 2)), axis=1)
    >>> sap_score((factors, factors), (factors, factors), random_state=0)["SAP_score"]
    0.5
    """
    train, test = as_train_and_test(train, test, continuous_factors)
    scores = (squared_correlations(*train) if continuous_factors
              else svm_accuracies(train, test, as_random_state(random_state), n_jobs))
    return MetricResult({"SAP_score": mean_gap(scores)}, {"sap": scores})


def mean_gap(scores: np.ndarray) -> float:
    """Mean over factors of the gap between the two best codes, in [0, 1], higher is better.

    scores: (num_codes, num_factors).  Undefined with one code."""
    if len(scores) < 2:
        return undefined(f"SAP compares the two best codes; the representation has {len(scores)}.")
    return float(np.mean(gaps(scores)))


def gaps(scores: np.ndarray) -> np.ndarray:
    """(num_factors,) best minus second best code of scores (num_codes, num_factors)."""
    ordered = np.sort(scores, axis=0)
    return np.asarray(ordered[-1, :] - ordered[-2, :])


def squared_correlations(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """(num_codes, num_factors) squared sample correlation; 0 for a code whose variance is at most 1e-12."""
    scores = np.zeros((codes.shape[1], factors.shape[1]))
    for i, code in enumerate(codes.T):
        for j, factor in enumerate(factors.T):
            covariance = np.cov(code, factor, ddof=1)
            if covariance[0, 0] > 1e-12:
                with np.errstate(invalid="ignore"):
                    scores[i, j] = covariance[0, 1] ** 2 / (covariance[0, 0] * covariance[1, 1])
    return scores


def svm_accuracies(train: Arrays, test: Arrays, stream: np.random.RandomState,
                   n_jobs: int | None = None) -> np.ndarray:
    """(num_codes, num_factors) test accuracy of a linear support vector machine on one code for one factor.

    train, test: codes (n, num_codes) and factors (n, num_factors).  A factor with one training value is NaN.
    liblinear solves the primal problem here, which draws nothing, and without the GIL.
    reference: each fit draws once from the stream, codes outside, factors inside."""
    (codes, factors), (test_codes, test_factors) = train, test
    tasks, places = [], []
    scores = np.full((codes.shape[1], factors.shape[1]), np.nan)
    single = [bool((labels == labels[0]).all()) for labels in factors.T]
    for j in np.flatnonzero(single).tolist():
        undefined(f"{one_value([j])} in all {len(factors)} training points; SAP cannot rank codes for it.")
    for i, code in enumerate(codes.T):
        for j, labels in enumerate(factors.T):
            if not single[j]:
                places.append((i, j))
                tasks.append((code, labels, test_codes[:, i], test_factors[:, j], hand_out(stream, 1)))
    for place, score in zip(places, run_threads(_svm_accuracy, tasks, n_jobs), strict=True):
        scores[place] = score
    return scores


def _svm_accuracy(code: np.ndarray, labels: np.ndarray, test_code: np.ndarray, test_labels: np.ndarray,
                  random_state: np.random.RandomState) -> float:
    from sklearn.svm import LinearSVC

    classifier: Any = LinearSVC(C=0.01, class_weight="balanced", random_state=random_state)
    classifier.fit(code[:, np.newaxis], labels)
    return float(np.mean(classifier.predict(test_code[:, np.newaxis]) == test_labels))
