"""Downstream classification without the best codes under disentanglement_lib's protocol."""

from __future__ import annotations

from collections.abc import Sequence

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.reduced_downstream_task import reduced_downstream_task
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import adapter
from ..settings.choices import predictor
from ..settings.context import model_stream, num_jobs
from ..settings.matrix_functions import MatrixFunction, points_first


@adapter(reduced_downstream_task)
def compute_reduced_downstream_task(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                                    num_factors_to_remove: int = gin.REQUIRED, num_train: Sequence[int] = gin.REQUIRED,
                                    num_test: int = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores each training size of `num_train`; see `unbraid.metrics.reduced_downstream_task`."""
    scores: dict[str, float] = {}
    for size in num_train:
        train, test = sample_train_and_test(ground_truth_data, representation_function, size, num_test,
                                            random_state, batch_size)
        scores |= reduced_downstream_task(
            train, test, random_state=model_stream(), num_factors_to_remove=num_factors_to_remove,
            predictor=predictor(), correlation_measure=points_first(correlation_measure()), n_jobs=num_jobs())
    return MetricResult(scores)


@gin.configurable("reduced_representation")
def correlation_measure(correlation_measure: MatrixFunction = gin.REQUIRED) -> MatrixFunction:
    """The function that says how much each code tells of each factor, such as `@factorwise_dci`."""
    return correlation_measure
