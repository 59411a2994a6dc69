"""Unified scores under disentanglement_lib's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.inputs import Arrays
from ...metrics.result import MetricResult
from ...metrics.scores.unified_scores import aggregate, unified_scores
from ..sampling.fixed_data import split_fixed_codes
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import FIXED_DATA_ARGUMENTS, adapter
from ..settings.matrix_functions import MatrixFunction, points_first


@adapter(unified_scores)
def compute_unified_scores(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                           matrix_fns: Sequence[MatrixFunction] = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores all aggregations of the matrices that `matrix_fns` compute; see `unbraid.metrics.unified_scores`."""
    train, test = sample_train_and_test(ground_truth_data, representation_function, num_train, num_test,
                                        random_state, batch_size)
    return _aggregated(train, test, matrix_fns)


@adapter(unified_scores, "unified_score_validation", FIXED_DATA_ARGUMENTS)
def compute_unified_score_on_fixed_data(observations: Any, labels: np.ndarray,
                                        representation_function: RepresentationFunction,
                                        train_percentage: float = gin.REQUIRED,
                                        matrix_fns: Sequence[MatrixFunction] = gin.REQUIRED,
                                        batch_size: int = 100) -> MetricResult:
    """Scores given observations (n, H, W, C) and labels (num_factors, n), the first of which are for training."""
    return _aggregated(*split_fixed_codes(observations, labels, representation_function, train_percentage), matrix_fns)


def _aggregated(train: Arrays, test: Arrays, matrix_fns: Sequence[MatrixFunction]) -> MetricResult:
    return aggregate({function.__name__: points_first(function)(train, test) for function in matrix_fns}, train[1])
