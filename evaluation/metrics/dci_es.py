"""DCI-ES of points drawn as for DCI."""

from __future__ import annotations

from collections.abc import Sequence

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.dci_es import dci_es
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import adapter
from ..settings.context import model_stream, num_jobs


@adapter(dci_es)
def compute_dci_es(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                   random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                   num_test: int = gin.REQUIRED, max_depths: Sequence[int] = gin.REQUIRED,
                   num_trees: int = gin.REQUIRED, continuous_factors: Sequence[int] = (),
                   batch_size: int = 16) -> MetricResult:
    """Scores `num_train` and `num_test` points; see `unbraid.metrics.dci_es`."""
    train, test = sample_train_and_test(ground_truth_data, representation_function, num_train, num_test,
                                        random_state, batch_size)
    return dci_es(train, test, random_state=model_stream(), max_depths=max_depths, num_trees=num_trees,
                  continuous_factors=continuous_factors, num_values=ground_truth_data.factors_num_values,
                  n_jobs=num_jobs())
