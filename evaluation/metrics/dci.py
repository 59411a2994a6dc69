"""DCI under disentanglement_lib's protocol."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.inputs import Arrays
from ...metrics.result import MetricResult
from ...metrics.scores.dci import dci
from ..sampling.fixed_data import split_fixed_codes
from ..sampling.points import RepresentationFunction
from ..sampling.train_and_test import sample_train_and_test
from ..settings.adapters import FIXED_DATA_ARGUMENTS, adapter
from ..settings.choices import gradient_boosting_classifier
from ..settings.context import model_stream, num_jobs


@adapter(dci)
def compute_dci(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                num_test: int = gin.REQUIRED, batch_size: int = 16) -> MetricResult:
    """Scores `num_train` and `num_test` points; see `unbraid.metrics.dci`."""
    train, test = sample_train_and_test(ground_truth_data, representation_function, num_train, num_test,
                                        random_state, batch_size)
    return _score(train, test)


@adapter(dci, "dci_validation", FIXED_DATA_ARGUMENTS)
def compute_dci_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              train_percentage: float = gin.REQUIRED, batch_size: int = 100) -> MetricResult:
    """Scores given observations (n, H, W, C) and labels (num_factors, n), the first of which are for training."""
    return _score(*split_fixed_codes(observations, labels, representation_function, train_percentage))


def _score(train: Arrays, test: Arrays) -> MetricResult:
    return dci(train, test, random_state=model_stream(), predictor=gradient_boosting_classifier, n_jobs=num_jobs())
