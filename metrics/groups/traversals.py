"""Codes along single factors, and how their scores are averaged over factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import as_numbers
from ..undefined import factor_labels, undefined

MEANS = ("geometric", "arithmetic")


def as_traversals(traversals: Sequence[Any]) -> list[np.ndarray]:
    """One array (n, length, num_codes) per factor.  Raises UserError for other shapes and paths of a single point."""
    expected = "(num_traversals, number of values, num_codes)"
    found = [as_numbers(codes, f"traversals of {factor_labels([factor])}", expected)
             for factor, codes in enumerate(traversals)]
    for factor, codes in enumerate(found):
        if codes.ndim != 3 or not len(codes) or codes.shape[1] < 2:
            raise UserError(f"traversals of {factor_labels([factor])} have shape {codes.shape}; expected "
                            f"{expected} with two values or more.")
    return found


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
