"""Scores that cannot be computed: NaN and a warning, as scikit-learn's `UndefinedMetricWarning`."""

from __future__ import annotations

import warnings


class UndefinedScoreWarning(UserWarning):
    """A score is NaN because the points leave it undefined; the message says why."""


def undefined(reason: str) -> float:
    """Returns NaN for a number that cannot be computed, and warns with the reason."""
    warnings.warn(reason, UndefinedScoreWarning, stacklevel=3)
    return float("nan")
