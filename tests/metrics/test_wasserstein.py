"""The Wasserstein correlation where SciPy finds no matrix root."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from unbraid.metrics.scores.unsupervised_metrics import gaussian_wasserstein_correlation


def test_without_scipys_root_the_symmetric_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As SciPy 1.11 answers for tiny codes, and 1.18 for constant ones."""
    codes = np.random.RandomState(0).standard_normal((50, 4)) @ np.array(
        [[1, 0.5, 0, 0], [0, 1, 0.3, 0], [0, 0, 1, 0], [0, 0, 0, 0.0]])
    covariance = np.cov(codes, rowvar=False)
    expected = gaussian_wasserstein_correlation(covariance, symmetric=True)
    monkeypatch.setattr(scipy.linalg, "sqrtm", lambda matrix: np.full_like(matrix, np.nan))
    assert gaussian_wasserstein_correlation(covariance) == expected
    assert 0 < expected < np.inf
