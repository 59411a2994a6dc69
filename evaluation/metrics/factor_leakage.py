"""Factor leakage of points drawn as for MIG."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.factor_leakage import factor_leakage
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(factor_leakage)
def compute_factor_leakage(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.factor_leakage`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return factor_leakage(codes, factors, **bins())
