"""Solvers that stop early are no news; any other remark is."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from unbraid.metrics.estimators.jobs import quietly, run_processes

CODES = np.random.RandomState(0).normal(size=(200, 5))
LABELS = (CODES @ np.arange(5) > 0).astype(int)


def fit(max_iter: int) -> np.ndarray:
    return LogisticRegression(max_iter=max_iter).fit(CODES, LABELS).coef_


def remark() -> None:
    warnings.warn("something else", UserWarning, stacklevel=2)


def test_a_model_that_stops_early_is_the_same_without_the_remark() -> None:
    with pytest.warns(ConvergenceWarning):
        expected = fit(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(quietly(fit, 1), expected)
        np.testing.assert_array_equal(run_processes(fit, [(1,)])[0], expected)


def test_other_remarks_are_heard() -> None:
    with pytest.warns(UserWarning, match="something else"):
        quietly(remark)
