"""Modularity and explicitness under disentanglement_lib's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.modularity_explicitness import modularity_explicitness
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import adapter
from ..settings.choices import bins, logistic_regression


@adapter(modularity_explicitness)
def compute_modularity_explicitness(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                                    num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                                    batch_size: int = 16) -> MetricResult:
    """Scores `num_train` and `num_test` points; see `unbraid.metrics.modularity_explicitness`."""
    train, test = sample_train_and_test(ground_truth_data, representation_function, num_train, num_test,
                                        random_state, batch_size)
    return modularity_explicitness(train, test, classifier=logistic_regression, **bins())
