"""Explicitness as in the review of Carbonneau et al. (arXiv:2012.09276): balanced, in sample, scaled."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.estimators.jobs import run_in_turn
from ...metrics.estimators.predictors import logistic_regression
from ..sampling.points import RepresentationFunction, sample_codes
from .modularity_explicitness import area_under_curve


def scaled_to_unit(codes: np.ndarray) -> np.ndarray:
    """Returns codes (n, num_codes) with every column scaled to [0, 1] by scikit-learn's `minmax_scale`.

    A column whose range is below 10 machine epsilons counts as constant: it is shifted to 0, not stretched."""
    from sklearn.preprocessing import minmax_scale

    return minmax_scale(codes)


@gin.configurable("explicitness", denylist=RUNTIME_ARGUMENTS)
def compute_explicitness(ground_truth_data: Any, representation_function: RepresentationFunction,
                         random_state: np.random.RandomState, artifact_dir: str | None = None,
                         num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`explicitness` in [0, 1] up to noise, higher is better: mean over factors of 2 (area - 0.5).

    The area under the ROC curve is of `logistic_regression` on codes scaled to [0, 1], one class against the rest,
    averaged over classes (Ridgeway and Mozer, arXiv:1802.05312, sec. 3, scaled)."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    constant = np.flatnonzero((factors == factors[0]).all(axis=0))
    if len(constant):
        return {"explicitness": undefined(f"Factors {constant.tolist()} take one value and have no explicitness.")}
    codes = scaled_to_unit(codes)
    areas = run_in_turn(_area, [(logistic_regression(), codes, labels) for labels in factors.T])
    return {"explicitness": 2 * (float(np.mean(areas)) - 0.5)}


def _area(classifier: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    return area_under_curve(classifier.fit(codes, labels), codes, labels)
