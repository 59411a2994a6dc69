"""Z-min variance: labelled points are drawn once, and groups are taken from them (arXiv:2012.09276)."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.z_min_variance import z_min_variance
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import pruning_threshold


@adapter(z_min_variance)
def compute_z_min_variance(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_points: int = gin.REQUIRED, batch_size: int = gin.REQUIRED,
                           num_train: int = gin.REQUIRED, num_eval: int = gin.REQUIRED,
                           num_variance_estimate: int = gin.REQUIRED, sampling_batch_size: int = 16) -> MetricResult:
    """Scores `num_points` points; see `unbraid.metrics.z_min_variance`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_points, random_state,
                                  sampling_batch_size)
    return z_min_variance(codes, factors, random_state=random_state, batch_size=batch_size, num_train=num_train,
                          num_eval=num_eval, num_variance_estimate=num_variance_estimate,
                          threshold=pruning_threshold())
