"""Unfairness of predictions when a sensitive factor is changed (Locatello et al., arXiv:1905.13662, sec. 4)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.estimators.predictors import fit_factors, make_predictor_fn
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, encode_batches, sample_codes


def inter_group_fairness(counts: np.ndarray) -> tuple[float, float]:
    """Mean and largest total variation distance between predictions for one sensitive value and for all, in [0, 1).

    counts: (num_predicted, num_sensitive) how often each class was predicted for each sensitive value.  0 is fair."""
    overall = np.sum(counts, axis=1, dtype=np.float32)
    overall /= overall.sum()
    per_value = np.sum(counts, axis=0)
    shares = np.array(counts, dtype=np.float32)
    shares /= per_value[np.newaxis]
    distances = np.sum(np.abs(shares - overall[:, np.newaxis]), 0) / 2.0
    return float(np.sum(distances * per_value / per_value.sum())), float(np.amax(distances))


@gin.configurable("fairness", denylist=RUNTIME_ARGUMENTS)
def compute_fairness(ground_truth_data: Any, representation_function: RepresentationFunction,
                     random_state: np.random.RandomState, artifact_dir: str | None = None,
                     num_train: int = gin.REQUIRED, num_test_points_per_class: int = gin.REQUIRED,
                     batch_size: int = 16) -> dict[str, float]:
    """Unfairness in [0, 1), lower is better; the paper's score is `mean_fairness:mean_pred:mean_sens`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    models = fit_factors(make_predictor_fn(), codes, factors)
    sizes = ground_truth_data.factors_num_values
    mean, largest = np.zeros((len(sizes), len(sizes))), np.zeros((len(sizes), len(sizes)))
    for predicted, model in enumerate(models):
        for sensitive, num_values in enumerate(sizes):
            if sensitive == predicted:
                continue
            intervened = _intervened_codes(ground_truth_data, representation_function, sensitive, num_values,
                                           num_test_points_per_class, random_state)
            counts = None if model is None else _count_predictions(model, intervened, sizes[predicted])
            mean[predicted, sensitive], largest[predicted, sensitive] = (
                (np.nan, np.nan) if counts is None else inter_group_fairness(counts))
    save_matrix(artifact_dir, "unfairness", mean, ground_truth_data)
    return compute_scores_dict(mean, "mean_fairness") | compute_scores_dict(largest, "max_fairness")


def compute_scores_dict(metric: np.ndarray, prefix: str) -> dict[str, float]:
    """Every entry off the diagonal, and means and maxima of means and maxima, of metric (predicted, sensitive)."""
    num_factors = len(metric)
    others = [[other for other in range(num_factors) if other != factor] for factor in range(num_factors)]
    scores = {f"{prefix}:pred{i}:sens{j}": float(metric[i, j]) for i in range(num_factors) for j in others[i]}
    if num_factors < 2:
        return scores
    rows = [metric[i, others[i]] for i in range(num_factors)]
    columns = [metric[others[j], j] for j in range(num_factors)]
    for i, row in enumerate(rows):
        scores |= {f"{prefix}:pred{i}:mean_sens": float(np.mean(row)), f"{prefix}:pred{i}:max_sens": float(np.max(row))}
    for j, column in enumerate(columns):
        scores |= {f"{prefix}:sens{j}:mean_pred": float(np.mean(column)),
                   f"{prefix}:sens{j}:max_pred": float(np.max(column))}
    for lines, outer, inner in ((columns, "sens", "pred"), (rows, "pred", "sens")):
        for outer_name, of_all in (("mean", np.mean), ("max", np.max)):
            for inner_name, of_line in (("mean", np.mean), ("max", np.max)):
                key = f"{prefix}:{outer_name}_{outer}:{inner_name}_{inner}"
                scores[key] = float(of_all([of_line(line) for line in lines]))  # type: ignore[operator]
    return scores


def _intervened_codes(ground_truth_data: Any, representation_function: RepresentationFunction, sensitive: int,
                      num_values: int, num_points: int, random_state: np.random.RandomState) -> np.ndarray:
    """Codes (num_values, num_points, num_codes) of the same points with the sensitive factor at each value."""
    points = ground_truth_data.sample_factors(num_points, random_state)
    batches = []
    for value in range(num_values):
        changed = np.copy(points)
        changed[:, sensitive] = value
        batches.append((changed, ground_truth_data.sample_observations_from_factors(changed, random_state)))
    codes, _ = encode_batches(representation_function, batches)
    return codes.reshape(num_values, num_points, -1)


def _count_predictions(model: Any, codes: np.ndarray, num_classes: int) -> np.ndarray:
    """(num_classes, num_values) how often each class is predicted for codes (num_values, num_points, num_codes)."""
    predictions = model.predict(codes.reshape(-1, codes.shape[-1])).reshape(codes.shape[:2])
    return np.stack([np.bincount(of_value, minlength=num_classes) for of_value in predictions], axis=1)
