"""Unfairness of predictions when a sensitive factor is changed (Locatello et al., arXiv:1905.13662, sec. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import as_numbers
from ..declaration import Matrix, Metric, Score
from ..result import MetricResult

HEADLINE = "mean_fairness:mean_pred:mean_sens"


@Metric(
    "fairness", paper="Locatello et al. 2019 (fairness)", needs="interventions",
    citations=("locatello2019fairness",),
    matrices=(Matrix("unfairness", "Unfairness", "total variation",
                     "How predictions of a row's factor depend on a column's.", rows="factor"),),
    aliases=("unfairness",),
    scores=(Score(HEADLINE, "unfairness", "predictions ignore a sensitive factor", (0, 1), "medium",
                  "a useless predictor is fair", better="low"),),
    other_keys={"mean_fairness:{lines}:{of_line}": "low", "max_fairness:{lines}:{of_line}": "low"})
def fairness(counts: Sequence[Sequence[Any]]) -> MetricResult:
    """Computes how much predictions of each factor change with each other, sensitive factor.

    Args:
        counts: for each predicted factor and each sensitive factor, (num_predicted, num_sensitive) how often each
            value was predicted for the same points with the sensitive factor at each value; None where there is no
            predictor, and on the diagonal.

    Returns:
        Unfairness in [0, 1), lower is better; the paper's score is `mean_fairness:mean_pred:mean_sens`.  NaN for a
        factor without predictor.  Matrix `unfairness` (predicted, sensitive): means over sensitive values.

    Raises:
        UserError: unless there is one row and one column for each factor.

    >>> fair, unfair = np.array([[5, 5], [5, 5]]), np.array([[10, 0], [0, 10]])
    >>> fairness([[None, fair], [unfair, None]])["mean_fairness:pred1:sens0"]
    0.5
    """
    size = len(counts)
    if any(len(row) != size for row in counts):
        raise UserError(f"counts have rows of {[len(row) for row in counts]} for {size} factors; expected one row and "
                        "one column for each factor.")
    mean, largest = np.zeros((size, size)), np.zeros((size, size))
    for predicted, row in enumerate(counts):
        for sensitive, found in enumerate(row):
            if sensitive != predicted:
                mean[predicted, sensitive], largest[predicted, sensitive] = (
                    (np.nan, np.nan) if found is None else inter_group_fairness(_counts(found, predicted, sensitive)))
    return MetricResult(scores_of_pairs(mean, "mean_fairness") | scores_of_pairs(largest, "max_fairness"),
                        {"unfairness": mean})


def _counts(found: Any, predicted: int, sensitive: int) -> np.ndarray:
    """Counts as an array.  Raises UserError."""
    name = f"counts of predicted factor {predicted} and sensitive factor {sensitive}"
    counts = as_numbers(found, name, "(num_predicted, num_sensitive)")
    if counts.ndim != 2 or (counts < 0).any() or not counts.any(axis=0).all():
        raise UserError(f"{name} have shape {counts.shape}; expected (num_predicted, num_sensitive) numbers of points, "
                        "none negative, with a point for each sensitive value.")
    return counts


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


def scores_of_pairs(metric: np.ndarray, prefix: str) -> dict[str, float]:
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
                scores[key] = float(of_all([of_line(line) for line in lines]))
    return scores
