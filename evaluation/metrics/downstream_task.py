"""Downstream classification under disentanglement_lib's protocol."""

from __future__ import annotations

from collections.abc import Sequence

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.downstream_task import downstream_task, downstream_tasks
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import adapter
from ..settings.choices import predictor
from ..settings.context import model_stream, num_jobs


@adapter(downstream_task)
def compute_downstream_task(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                            random_state: np.random.RandomState, artifact_dir: str | None = None,
                            num_train: Sequence[int] = gin.REQUIRED, num_test: int = gin.REQUIRED,
                            batch_size: int = 16) -> MetricResult:
    """Scores each training size of `num_train`; see `unbraid.metrics.downstream_task`."""
    samples = [sample_train_and_test(ground_truth_data, representation_function, train_size, num_test, random_state,
                                     batch_size) for train_size in num_train]
    return downstream_tasks(samples, model_stream(), predictor(), num_jobs())
