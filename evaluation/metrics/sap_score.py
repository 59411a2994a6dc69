"""SAP under disentanglement_lib's protocol."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.sap_score import sap_score
from ..sampling.fixed_data import split_fixed_codes
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import FIXED_DATA_ARGUMENTS, adapter
from ..settings.context import model_stream, num_jobs


@adapter(sap_score)
def compute_sap(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                num_test: int = gin.REQUIRED, batch_size: int = 16,
                continuous_factors: bool = gin.REQUIRED) -> MetricResult:
    """Scores `num_train` and `num_test` points; see `unbraid.metrics.sap_score`."""
    train, test = sample_train_and_test(ground_truth_data, representation_function, num_train, num_test,
                                        random_state, batch_size, continuous_factors)
    return sap_score(train, test, random_state=model_stream(), continuous_factors=continuous_factors, n_jobs=num_jobs())


@adapter(sap_score, "sap_score_validation", FIXED_DATA_ARGUMENTS)
def compute_sap_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              train_percentage: float = gin.REQUIRED, continuous_factors: bool = gin.REQUIRED,
                              batch_size: int = 100) -> MetricResult:
    """Scores given observations (n, H, W, C) and labels (num_factors, n), the first of which are for training."""
    train, test = split_fixed_codes(observations, labels, representation_function, train_percentage)
    return sap_score(train, test, random_state=model_stream(), continuous_factors=continuous_factors, n_jobs=num_jobs())
