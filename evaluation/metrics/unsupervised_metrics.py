"""Unsupervised scores under disentanglement_lib's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.unsupervised_metrics import unsupervised_metrics as score_of_codes
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(score_of_codes)
def unsupervised_metrics(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                                 random_state: np.random.RandomState, artifact_dir: str | None = None,
                                 num_train: int = gin.REQUIRED, batch_size: int = 16,
                                 symmetric_root: bool = False) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.unsupervised_metrics`."""
    codes, _ = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return score_of_codes(codes, symmetric_root=symmetric_root, **bins())
