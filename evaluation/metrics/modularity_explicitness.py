"""Modularity and explicitness (Ridgeway and Mozer, NeurIPS 2018, arXiv:1802.05312), as in disentanglement_lib."""

from __future__ import annotations

import logging
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.estimators.jobs import run_in_turn
from ...metrics.estimators.predictors import logistic_regression
from ...metrics.information.discretization import discretize, mutual_information_matrix
from ...metrics.information.precision import wide_enough
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes

logger = logging.getLogger(__name__)


def modularity_per_code(mutual_information: np.ndarray) -> np.ndarray:
    """(num_latents,) how far each latent depends on one factor only, in [0, 1] (sec. 3).

    mutual_information: (num_latents, num_factors).  0 for a latent without information; NaN with one factor."""
    squared = np.square(mutual_information)
    largest = squared.max(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = 1.0 - (squared.sum(axis=1) - largest) / (largest * (squared.shape[1] - 1.0))
    scores[largest == 0.0] = 0.0
    return scores


def modularity(mutual_information: np.ndarray) -> float:
    """Mean of `modularity_per_code`, higher is better; a latent without information counts as 0."""
    return float(np.mean(modularity_per_code(mutual_information)))


def modularity_of_live_codes(mutual_information: np.ndarray) -> float:
    """`modularity` over the latents that have any information; NaN when none has."""
    live = mutual_information.max(axis=1) > 0.0
    return modularity(mutual_information[live]) if live.any() else float("nan")


def explicitness(classifier: Any, train_codes: np.ndarray, train_labels: np.ndarray, test_codes: np.ndarray,
                 test_labels: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve of a classifier, which is fitted here, for one factor on train and test.

    Codes are standardised (num_points, num_latents); labels (num_points,) integers.  One class against the rest,
    averaged over the classes present; in [0, 1], 0.5 is chance.  Undefined when a set holds one class."""
    if (train_labels == train_labels[0]).all() or train_codes.shape[1] == 0:
        return float("nan"), float("nan")
    classifier.fit(train_codes, train_labels)
    return (area_under_curve(classifier, train_codes, train_labels),
            area_under_curve(classifier, test_codes, test_labels))


@gin.configurable("modularity_explicitness", denylist=RUNTIME_ARGUMENTS)
def compute_modularity_explicitness(ground_truth_data: Any, representation_function: RepresentationFunction,
                                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                                    num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                                    batch_size: int = 16) -> dict[str, float]:
    """`modularity_score` in [0, 1] and `explicitness_score_{train,test}` with chance 0.5, higher is better.

    reference: latents without information count in the modularity; not in `modularity_score_live_codes`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    test_codes, test_factors = sample_codes(ground_truth_data, representation_function, num_test, random_state,
                                            batch_size)
    information = mutual_information_matrix(discretize(codes), factors)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    train_areas, test_areas = zip(*run_in_turn(
        explicitness, _standardised(codes, factors, test_codes, test_factors)), strict=True)
    return {
        "modularity_score": modularity(information),
        "modularity_score_live_codes": modularity_of_live_codes(information),
        "explicitness_score_train": float(np.mean(train_areas)),
        "explicitness_score_test": float(np.mean(test_areas)),
    }


def _standardised(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray) -> Any:
    """A classifier, standardised train and test codes, and the labels of one factor after the other.

    Constant codes are left out: they hold nothing, and the original fails on them (0 / 0)."""
    codes = wide_enough(codes, lambda codes: codes.var(axis=0))
    mean, deviation = codes.mean(axis=0), codes.std(axis=0)
    varying = deviation > 0
    if not varying.all():
        logger.warning("Codes %s are constant and are left out of explicitness.", np.flatnonzero(~varying).tolist())
    for values, where in ((factors, "training"), (test_factors, "test")):
        constant = np.flatnonzero((values == values[0]).all(axis=0))
        if len(constant):
            undefined(f"Factors {constant.tolist()} take one value in the {where} points and have no explicitness.")
    train = ((codes - mean) / np.where(varying, deviation, 1))[:, varying]
    test = ((test_codes - mean) / np.where(varying, deviation, 1))[:, varying]
    return ((logistic_regression(), train, labels, test, test_labels)
            for labels, test_labels in zip(factors.T, test_factors.T, strict=True))


def area_under_curve(classifier: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    """Macro average over classes of the area under the ROC curve of one class against the rest; NaN for one class."""
    # A value that the classifier has never seen has no probability to rank by; its points count as others'.
    from sklearn.metrics import roc_auc_score

    present = np.isin(classifier.classes_, labels)
    if present.sum() < 2:
        return float("nan")
    is_class = labels[:, np.newaxis] == classifier.classes_[present]
    return float(roc_auc_score(is_class, classifier.predict_proba(codes)[:, present]))
