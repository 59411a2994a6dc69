"""Separated Attribute Predictability (Kumar et al., DIP-VAE, arXiv:1711.00848, sec. 3), as in disentanglement_lib."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import hand_out, undefined
from ...metrics.estimators.jobs import run_threads
from ..protocol.matrices import save_matrix
from ..sampling.fixed_data import FIXED_DATA_ARGUMENTS, split_fixed_codes
from ..sampling.points import RepresentationFunction, sample_codes


def mean_gap(scores: np.ndarray) -> float:
    """Mean over factors of the gap between the two best codes, in [0, 1], higher is better.

    scores: (num_codes, num_factors).  Undefined with one code."""
    if len(scores) < 2:
        return undefined(f"SAP compares the two best codes; the representation has {len(scores)}.")
    return float(np.mean(gaps(scores)))


def gaps(scores: np.ndarray) -> np.ndarray:
    """(num_factors,) best minus second best code of scores (num_codes, num_factors)."""
    ordered = np.sort(scores, axis=0)
    return ordered[-1, :] - ordered[-2, :]


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


def svm_accuracies(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray,
                   test_factors: np.ndarray) -> np.ndarray:
    """(num_codes, num_factors) test accuracy of a linear support vector machine on one code for one factor.

    codes: (n, num_codes), factors: (n, num_factors).  A factor with one training value is NaN.
    liblinear solves the primal problem here, which draws nothing, and without the GIL.
    reference: each fit draws once from the model stream, codes outside, factors inside."""
    tasks, places = [], []
    scores = np.full((codes.shape[1], factors.shape[1]), np.nan)
    single = [bool((labels == labels[0]).all()) for labels in factors.T]
    for j in np.flatnonzero(single).tolist():
        undefined(f"Factor {j} takes one value in all {len(factors)} training points; SAP cannot rank codes for it.")
    for i, code in enumerate(codes.T):
        for j, labels in enumerate(factors.T):
            if not single[j]:
                places.append((i, j))
                tasks.append((code, labels, test_codes[:, i], test_factors[:, j], hand_out(1)))
    for place, score in zip(places, run_threads(_svm_accuracy, tasks), strict=True):
        scores[place] = score
    return scores


@gin.configurable("sap_score", denylist=RUNTIME_ARGUMENTS)
def compute_sap(ground_truth_data: Any, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                num_test: int = gin.REQUIRED, batch_size: int = 16,
                continuous_factors: bool = gin.REQUIRED) -> dict[str, float]:
    """`SAP_score` in [0, 1], higher is better; in practice small for factors with many values."""
    train = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    test = sample_codes(ground_truth_data, representation_function, num_test, random_state, batch_size)
    scores = score_matrix(*train, *test, continuous_factors)
    save_matrix(artifact_dir, "sap", scores, ground_truth_data)
    return {"SAP_score": mean_gap(scores)}


@gin.configurable("sap_score_validation", denylist=FIXED_DATA_ARGUMENTS)
def compute_sap_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              train_percentage: float = gin.REQUIRED, continuous_factors: bool = gin.REQUIRED,
                              batch_size: int = 100) -> dict[str, float]:
    """`compute_sap` of given observations (n, H, W, C) and labels (num_factors, n)."""
    split = split_fixed_codes(observations, labels, representation_function, train_percentage)
    return {"SAP_score": mean_gap(score_matrix(*split, continuous_factors))}


def score_matrix(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray,
                 continuous_factors: bool) -> np.ndarray:
    """(num_codes, num_factors) how well each code alone predicts each factor; all arrays points first."""
    if continuous_factors:
        return squared_correlations(codes, factors)
    return svm_accuracies(codes, factors, test_codes, test_factors)


def _svm_accuracy(code: np.ndarray, labels: np.ndarray, test_code: np.ndarray, test_labels: np.ndarray,
                  random_state: np.random.RandomState) -> float:
    from sklearn.svm import LinearSVC

    classifier = LinearSVC(C=0.01, class_weight="balanced", random_state=random_state)
    classifier.fit(code[:, np.newaxis], labels)
    return float(np.mean(classifier.predict(test_code[:, np.newaxis]) == test_labels))
