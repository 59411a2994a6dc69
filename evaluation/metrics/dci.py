"""Disentanglement, completeness, informativeness (Eastwood and Williams, ICLR 2018), with boosted trees."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np
from scipy.stats import entropy

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.estimators.predictors import accuracies, fit_factors, gradient_boosting_classifier
from ..protocol.matrices import save_matrix
from ..sampling.fixed_data import FIXED_DATA_ARGUMENTS, split_fixed_codes
from ..sampling.points import RepresentationFunction, sample_codes


def disentanglement_per_code(importances: np.ndarray) -> np.ndarray:
    """(num_codes,) 1 minus the entropy, base num_factors, of each row of importances (num_codes, num_factors)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1.0 - entropy(importances.T + 1e-11, base=importances.shape[1])


def disentanglement(importances: np.ndarray) -> float:
    """How far each code serves one factor, weighted by its importance, in [0, 1], higher is better (sec. 2).

    importances: (num_codes, num_factors), not negative.  NaN with one factor."""
    return float(np.sum(disentanglement_per_code(importances) * _shares(importances, axis=1)))


def completeness_per_factor(importances: np.ndarray) -> np.ndarray:
    """(num_factors,) 1 minus the entropy, base num_codes, of each column of importances (num_codes, num_factors)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1.0 - entropy(importances + 1e-11, base=importances.shape[0])


def completeness(importances: np.ndarray) -> float:
    """How far each factor is served by one code, weighted by its importance, in [0, 1], higher is better (sec. 2).

    importances: (num_codes, num_factors), not negative.  NaN with one code."""
    return float(np.sum(completeness_per_factor(importances) * _shares(importances, axis=0)))


def compute_importance_gbt(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray,
                           test_factors: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Importances (num_codes, num_factors) from boosted trees, and their mean train and test accuracy.

    All arrays points first.  A factor with one training value has NaN importances and accuracies."""
    models = fit_factors(gradient_boosting_classifier, codes, factors)
    missing = np.full(codes.shape[1], np.nan)
    importances = np.stack([missing if model is None else np.abs(model.feature_importances_) for model in models],
                           axis=1)
    train, test = accuracies(models, (codes, factors), (test_codes, test_factors))
    return importances, float(np.mean(train)), float(np.mean(test))


def dci_scores(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray,
               test_factors: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """The four scores and the importances they come from; all arrays points first."""
    importances, train, test = compute_importance_gbt(codes, factors, test_codes, test_factors)
    scores = {"informativeness_train": train, "informativeness_test": test,
              "disentanglement": disentanglement(importances), "completeness": completeness(importances)}
    return scores, importances


@gin.configurable("dci", denylist=RUNTIME_ARGUMENTS)
def compute_dci(ground_truth_data: Any, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                num_test: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`disentanglement`, `completeness` and `informativeness_{train,test}` (accuracies), in [0, 1]: high is good."""
    train = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    test = sample_codes(ground_truth_data, representation_function, num_test, random_state, batch_size)
    scores, importances = dci_scores(*train, *test)
    save_matrix(artifact_dir, "importances", importances, ground_truth_data)
    return scores


@gin.configurable("dci_validation", denylist=FIXED_DATA_ARGUMENTS)
def compute_dci_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              train_percentage: float = gin.REQUIRED, batch_size: int = 100) -> dict[str, float]:
    """`compute_dci` of given observations (n, H, W, C) and labels (num_factors, n)."""
    return dci_scores(*split_fixed_codes(observations, labels, representation_function, train_percentage))[0]


def _shares(importances: np.ndarray, axis: int) -> np.ndarray:
    """Sums along an axis as shares of the whole; uniform when there is no importance at all."""
    if importances.sum() == 0.0:
        importances = np.ones_like(importances)
    return importances.sum(axis=axis) / importances.sum()
