"""MIG under disentanglement_lib's protocol."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.mig import mig
from ..sampling.fixed_data import fixed_codes
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import FIXED_DATA_ARGUMENTS, adapter
from ..settings.choices import bins


@adapter(mig)
def compute_mig(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                batch_size: int = 16) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.mig`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return mig(codes, factors, **bins())


@adapter(mig, "mig_validation", FIXED_DATA_ARGUMENTS)
def compute_mig_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              batch_size: int = 100) -> MetricResult:
    """Scores given observations (n, H, W, C) and labels (num_factors, n)."""
    return mig(*fixed_codes(observations, labels, representation_function), **bins())
