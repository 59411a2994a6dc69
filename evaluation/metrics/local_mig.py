"""Local MIG under JL1-VAE's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.local_mig import local_mig
from ..sampling.neighbourhoods import clusters
from ..sampling.points import RepresentationFunction
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(local_mig)
def compute_local_mig(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_local_clusters: int = gin.REQUIRED,
                      batch_size: int = 16) -> MetricResult:
    """Scores points near `num_local_clusters` random centres; see `unbraid.metrics.local_mig`."""
    near = clusters(ground_truth_data, representation_function, random_state, [num_train], num_local_clusters,
                    batch_size)
    return local_mig((cluster for cluster, in near), **bins())
