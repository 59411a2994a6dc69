"""Flatness of traversals drawn as in disent."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.flatness import flatness
from ..sampling.points import RepresentationFunction
from ..sampling.traversals import encoded_traversals
from ..settings.adapters import adapter


@adapter(flatness)
def compute_flatness(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                     random_state: np.random.RandomState, artifact_dir: str | None = None,
                     repeats: int = gin.REQUIRED) -> MetricResult:
    """Scores `repeats` traversals of each factor; see `unbraid.metrics.flatness`."""
    return flatness(list(encoded_traversals(ground_truth_data, representation_function, repeats, random_state)))
