"""Explicitness as in the review of Carbonneau et al. (arXiv:2012.09276): balanced, in sample, scaled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..estimators.classification import area_under_curve, constant_factors, scaled_to_unit
from ..estimators.jobs import run_in_turn
from ..estimators.predictors import logistic_regression
from ..inputs import as_points
from ..result import MetricResult
from ..undefined import one_value, undefined

BALANCED = partial(logistic_regression, one_vs_rest=True, class_weight="balanced")


@Metric(
    "explicitness", paper="Carbonneau et al. 2022", needs="points",
    citations=("carbonneau2022measuring", "ridgeway2018learning"),
    aliases=("explicitness_score",),
    scores=(Score("explicitness", "explicitness (review)", "factors are linearly readable, classes balanced", (0, 1),
                  "medium", "on its own training points"),))
def explicitness(codes: Any, factors: Any, *, classifier: Callable[[], Any] = BALANCED) -> MetricResult:
    """Computes how well a linear classifier ranks the values of each factor, on its own training points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        classifier: makes an unfitted linear classifier.

    Returns:
        `explicitness` in [0, 1] up to noise, higher is better: the mean over factors of 2 (area - 0.5).  The area under
        the ROC curve is of one class against the rest on codes scaled to [0, 1], averaged over classes (Ridgeway and
        Mozer, arXiv:1802.05312, sec. 3, scaled).  NaN with a factor of one value.

    Raises:
        UserError: for arrays of other shapes.

    >>> explicitness([[0.0], [0.1], [0.9], [1.0]], [[0], [0], [1], [1]])["explicitness"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    if constant := constant_factors(factors):
        return MetricResult({"explicitness": undefined(
            f"{one_value(constant)}, which leaves no explicitness.")})
    scaled = scaled_to_unit(codes)
    areas = run_in_turn(_area, [(classifier(), scaled, labels) for labels in factors.T])
    return MetricResult({"explicitness": 2 * (float(np.mean(areas)) - 0.5)})


def _area(classifier: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    return area_under_curve(classifier.fit(codes, labels), codes, labels)
