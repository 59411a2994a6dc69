"""How well a classifier ranks classes, and codes scaled for it."""

from __future__ import annotations

from typing import Any

import numpy as np


def area_under_curve(classifier: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    """Macro average over classes of the area under the ROC curve of one class against the rest; NaN for one class."""
    # A value that the classifier has never seen has no probability to rank by; its points count as others'.
    from sklearn.metrics import roc_auc_score

    present = np.isin(classifier.classes_, labels)
    if present.sum() < 2:
        return float("nan")
    is_class = labels[:, np.newaxis] == classifier.classes_[present]
    return float(roc_auc_score(is_class, classifier.predict_proba(codes)[:, present]))


def scaled_to_unit(codes: np.ndarray) -> np.ndarray:
    """Returns codes (n, num_codes) with every column scaled to [0, 1] by scikit-learn's `minmax_scale`.

    A column whose range is below 10 machine epsilons counts as constant: it is shifted to 0, not stretched."""
    from sklearn.preprocessing import minmax_scale

    return np.asarray(minmax_scale(codes))


def constant_factors(factors: np.ndarray) -> list[int]:
    """Which factors (n, num_factors) take one value in all points."""
    return np.flatnonzero((factors == factors[0]).all(axis=0)).tolist()
