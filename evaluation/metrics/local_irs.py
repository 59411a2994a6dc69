"""Local IRS of points near random centres."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.local_irs import local_irs
from ..sampling.neighbourhoods import clusters
from ..sampling.points import RepresentationFunction
from ..settings.adapters import adapter
from ..settings.choices import bins


@adapter(local_irs)
def compute_local_irs(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      diff_quantile: float = 0.99, num_train: int = gin.REQUIRED,
                      num_local_clusters: int = gin.REQUIRED, batch_size: int = 16,
                      discretize_factors: bool = True) -> MetricResult:
    """Scores points near `num_local_clusters` random centres; see `unbraid.metrics.local_irs`."""
    near = clusters(ground_truth_data, representation_function, random_state, [num_train], num_local_clusters,
                    batch_size)
    return local_irs((cluster for cluster, in near), diff_quantile=diff_quantile,
                     discretize_factors=discretize_factors, **(bins() if discretize_factors else {}))
