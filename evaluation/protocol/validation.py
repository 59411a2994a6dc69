"""Scores on one fixed set of labelled images, for model selection (disentanglement_lib's validation)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.labellers import sample_supervised_data
from ...metrics.result import MetricResult
from ..sampling.points import RepresentationFunction
from ..settings.context import evaluation_context


@gin.configurable("validation", denylist=["ground_truth_data", "representation_function"])
def compute_validation_scores(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                              validation_fn: Callable[..., dict[str, Any] | MetricResult] = gin.REQUIRED,
                              random_seed: int = gin.REQUIRED, num_labelled_samples: int = gin.REQUIRED,
                              name: str = "", on_degenerate: str = "nan", preset: str = "") -> dict[str, Any]:
    """Scores of images and labels drawn with `RandomState(random_seed)`; `name`, `preset` are notes for the results.

    validation_fn: a function (observations, labels (num_labels, n), representation_function), such as
    `@mig_validation`.  Models draw on a second stream with the same seed, as in `evaluation`."""
    observations, labels, _ = sample_supervised_data(random_seed, ground_truth_data, num_labelled_samples)
    with evaluation_context(np.random.RandomState(random_seed), on_degenerate):
        return dict(validation_fn(observations, np.transpose(labels), representation_function))
