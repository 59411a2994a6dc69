"""DCI by regression of points drawn as for MIG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.dci_regression import dci_regression
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_numbers
from ..settings.adapters import adapter
from ..settings.context import model_stream, num_jobs


@adapter(dci_regression)
def compute_dci_regression(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, regressor: Callable[[], list[Any]] = gin.REQUIRED,
                           batch_size: int = 16) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.dci_regression`."""
    codes, factors = sample_numbers(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return dci_regression(codes, factors, random_state=model_stream(), regressor=regressor, n_jobs=num_jobs())
