"""Local DCI of points near random centres."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.local_dci import local_dci
from ..sampling.neighbourhoods import clusters
from ..sampling.points import RepresentationFunction
from ..settings.adapters import adapter
from ..settings.choices import gradient_boosting_classifier
from ..settings.context import model_stream, num_jobs


@adapter(local_dci)
def compute_local_dci(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                      num_local_clusters: int = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores points near `num_local_clusters` random centres; see `unbraid.metrics.local_dci`."""
    near = clusters(ground_truth_data, representation_function, random_state, [num_train, num_test], num_local_clusters,
                    batch_size)
    return local_dci(((train, test) for train, test in near), random_state=model_stream(),
                     predictor=gradient_boosting_classifier, n_jobs=num_jobs())
