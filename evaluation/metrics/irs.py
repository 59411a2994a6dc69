"""IRS under disentanglement_lib's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.irs import irs
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(irs)
def compute_irs(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, diff_quantile: float = 0.99,
                num_train: int = gin.REQUIRED, batch_size: int = gin.REQUIRED,
                discretize_factors: bool = True) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.irs`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return irs(codes, factors, diff_quantile=diff_quantile, discretize_factors=discretize_factors,
               **(bins() if discretize_factors else {}))
