"""Local SAP of points near random centres."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.local_sap import local_sap
from ..sampling.neighbourhoods import clusters
from ..sampling.points import RepresentationFunction
from ..settings.adapters import adapter
from ..settings.context import model_stream, num_jobs


@adapter(local_sap)
def compute_local_sap(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                      num_local_clusters: int = gin.REQUIRED, batch_size: int = 16,
                      continuous_factors: bool = gin.REQUIRED) -> MetricResult:
    """Scores points near `num_local_clusters` random centres; see `unbraid.metrics.local_sap`."""
    near = clusters(ground_truth_data, representation_function, random_state, [num_train, num_test], num_local_clusters,
                    batch_size)
    return local_sap(((train, test) for train, test in near), random_state=model_stream(),
                     continuous_factors=continuous_factors, n_jobs=num_jobs())
