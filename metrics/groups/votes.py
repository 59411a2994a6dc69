"""Votes of groups of points for codes, which the FactorVAE score and its relatives count."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import as_indices, as_numbers
from ..inputs import as_two

logger = logging.getLogger(__name__)

CHUNK = 1000  # groups whose codes are reduced at a time
MOST_FACTORS = 9999  # highest number of a factor: votes are counted in a table with a row for each
Groups = tuple[Any, Any]  # which factors are fixed in each group, and codes (num_groups, batch_size, num_codes)


def as_groups(groups: Groups, name: str, num_fixed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Returns fixed factors (num_groups,), or (num_groups, k) with `num_fixed`, and codes (num_groups, batch_size,
    num_codes).

    Raises UserError for other shapes and for groups of one point, which have no variance."""
    given, grouped = as_two(groups, f"{name} groups", "fixed factors and codes")
    fixed = as_indices(given, f"fixed factors of {name} groups", MOST_FACTORS)
    codes = as_numbers(grouped, f"codes of {name} groups", "(num_groups, batch_size, num_codes)")
    if fixed.ndim != 1 + num_fixed or codes.ndim != 3 or len(codes) != len(fixed):
        raise UserError(f"{name} groups have fixed factors of shape {fixed.shape} and codes of shape {codes.shape}; "
                        f"expected (num_groups{', k' if num_fixed else ','}) and (num_groups, batch_size, num_codes).")
    if codes.shape[1] < 2:
        raise UserError(f"{name} groups have {codes.shape[1]} point each; a variance needs at least 2 points.")
    return fixed, codes


def active_codes(variances: np.ndarray, threshold: float) -> np.ndarray:
    """Mask (num_codes,) of codes whose standard deviation is at least `threshold`; NaN is inactive."""
    active = np.sqrt(variances) >= threshold
    constant = np.flatnonzero(active & (variances == 0))
    if len(constant):
        # reference: 0 / 0 is NaN, and the smallest of values with a NaN is the NaN
        logger.warning("Codes %s are constant and get every vote; bind prune_dims.threshold, published 0.05.",
                       constant.tolist())
    return np.asarray(active)


def count_votes(numbers: np.ndarray, codes: np.ndarray, global_variances: np.ndarray, active: np.ndarray,
                num_factors: int, winner: Callable[..., np.ndarray] = np.argmin) -> np.ndarray:
    """Votes (num_factors, num_codes): each group votes for the code that varies least, relative to all points.

    numbers: (num_groups,) the factor that is fixed in each group.  codes: (num_groups, batch_size, num_codes).
    winner: `np.argmax` for the code that varies most.
    reference: column j of the votes is the j-th active code; codes that are not active get no column's votes."""
    votes = np.zeros((num_factors, len(global_variances)), dtype=np.int64)
    for start in range(0, len(codes), CHUNK):
        local_variances = np.var(codes[start:start + CHUNK], axis=1, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            winners = winner(local_variances[:, active] / global_variances[active], axis=1)
        np.add.at(votes, (numbers[start:start + CHUNK], winners), 1)
    return votes


def vote_accuracies(train_votes: np.ndarray, eval_votes: np.ndarray) -> tuple[float, float]:
    """Share of the votes that a majority vote per code explains, on train and evaluation votes.

    votes: (num_factors, num_codes) counts.  Each code predicts the factor that gave it most training votes, the
    first one on ties.  Both in [0, 1], higher is better, chance is about 1 / num_factors."""
    classifier, columns = np.argmax(train_votes, axis=0), np.arange(train_votes.shape[1])
    return (float(np.sum(train_votes[classifier, columns]) * 1.0 / np.sum(train_votes)),
            float(np.sum(eval_votes[classifier, columns]) * 1.0 / np.sum(eval_votes)))


def above_chance(accuracy: float, num_factors: int) -> float:
    """Accuracy scaled so that guessing one of the factors scores 0: at most 1."""
    return (accuracy - 1 / num_factors) / (1 - 1 / num_factors)
