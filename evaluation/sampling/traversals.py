"""Codes along a factor: all its values in order, the other factors at random values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...metrics.context import undefined
from .draws import draw_integers

MEANS = ("geometric", "arithmetic")


def drawn_traversals(ground_truth_data: Any, factor: int, repeats: int,
                     random_state: np.random.RandomState) -> np.ndarray:
    """(repeats, number of values, num_factors): each draws one value of every factor, in order, point by point."""
    sizes = ground_truth_data.factors_num_values
    starts = draw_integers(random_state, sizes, [1] * len(sizes), repeats)
    traversals = np.repeat(starts[:, np.newaxis], sizes[factor], axis=1)
    traversals[:, :, factor] = np.arange(sizes[factor])
    return traversals


def mean_over_factors(by_factor: Sequence[dict[str, float]], mean: str) -> dict[str, Any]:
    """For each key its geometric or arithmetic mean over factors, and `KEY.by_factor` with the values.

    A geometric mean with a negative value is NaN.  Raises UserError for another mean, and without factors."""
    if mean not in MEANS or not by_factor:
        raise UserError(f"mean is {mean!r} over {len(by_factor)} factors; expected one of {', '.join(MEANS)} over "
                        "factors with two values or more.")
    values = {key: np.array([scores[key] for scores in by_factor]) for key in by_factor[0]}
    with np.errstate(invalid="ignore", divide="ignore"):
        means = {key: float(np.exp(np.mean(np.log(of_key))) if mean == "geometric" else np.mean(of_key))
                 for key, of_key in values.items()}
    missing = [key for key, value in means.items() if np.isnan(value)]
    if missing:
        undefined(f"{', '.join(missing)} cannot be averaged: the codes ignore a factor, or a value is negative.")
    return means | {f"{key}.by_factor": of_key.tolist() for key, of_key in values.items()}
