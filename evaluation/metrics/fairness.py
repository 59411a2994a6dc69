"""Unfairness under disentanglement_lib's protocol."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.estimators.predictors import fit_factors
from ...metrics.result import MetricResult
from ...metrics.scores.fairness import fairness
from ..sampling.points import RepresentationFunction, encode_batches, sample_codes
from ..settings.adapters import adapter
from ..settings.choices import predictor
from ..settings.context import model_stream, num_jobs


@adapter(fairness)
def compute_fairness(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                     random_state: np.random.RandomState, artifact_dir: str | None = None,
                     num_train: int = gin.REQUIRED, num_test_points_per_class: int = gin.REQUIRED,
                     batch_size: int = 16) -> MetricResult:
    """Scores predictions for the same points with each factor at each of its values; see `unbraid.metrics.fairness`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    models = fit_factors(predictor(), codes, factors, model_stream(), num_jobs())
    sizes = ground_truth_data.factors_num_values
    counts: list[list[np.ndarray | None]] = [[None] * len(sizes) for _ in sizes]
    for predicted, model in enumerate(models):
        for sensitive, num_values in enumerate(sizes):
            if sensitive != predicted:
                intervened = _intervened_codes(ground_truth_data, representation_function, sensitive, num_values,
                                               num_test_points_per_class, random_state)
                counts[predicted][sensitive] = _count_predictions(model, intervened, sizes[predicted])
    return fairness(counts)


def _intervened_codes(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      sensitive: int, num_values: int, num_points: int,
                      random_state: np.random.RandomState) -> np.ndarray:
    """Codes (num_values, num_points, num_codes) of the same points with the sensitive factor at each value."""
    points = ground_truth_data.sample_factors(num_points, random_state)
    batches = []
    for value in range(num_values):
        changed = np.copy(points)
        changed[:, sensitive] = value
        batches.append((changed, ground_truth_data.sample_observations_from_factors(changed, random_state)))
    codes, _ = encode_batches(representation_function, batches)
    return codes.reshape(num_values, num_points, -1)


def _count_predictions(model: Any, codes: np.ndarray, num_classes: int) -> np.ndarray | None:
    """(num_classes, num_values) how often each class is predicted for codes (num_values, num_points, num_codes)."""
    if model is None:
        return None
    predictions = model.predict(codes.reshape(-1, codes.shape[-1])).reshape(codes.shape[:2])
    return np.stack([np.bincount(of_value, minlength=num_classes) for of_value in predictions], axis=1)
