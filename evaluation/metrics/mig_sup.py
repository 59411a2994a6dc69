"""MIG-sup of points drawn as for MIG."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.mig_sup import mig_sup
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(mig_sup)
def compute_mig_sup(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                    random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                    batch_size: int = 16) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.mig_sup`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return mig_sup(codes, factors, **bins())
