"""Explicitness of the review (arXiv:2012.09276) of points drawn as for MIG."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.explicitness import explicitness
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import logistic_regression


@adapter(explicitness)
def compute_explicitness(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                         random_state: np.random.RandomState, artifact_dir: str | None = None,
                         num_train: int = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.explicitness`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return explicitness(codes, factors, classifier=logistic_regression)
