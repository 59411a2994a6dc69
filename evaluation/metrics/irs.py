"""Interventional Robustness Score (Suter et al., ICML 2019, arXiv:1811.00007), as in disentanglement_lib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.information.discretization import discretize
from ...metrics.information.precision import wide_enough
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


@dataclass(frozen=True)
class Robustness:
    """score: mean over codes weighted by max_deviations.  matrix: (num_codes, num_factors), 1 is robust.

    per_code: (num_codes,) the largest entry of each row; parents: the factor it belongs to."""

    score: float
    matrix: np.ndarray
    per_code: np.ndarray
    parents: np.ndarray
    max_deviations: np.ndarray


def interventional_robustness(codes: np.ndarray, factors: np.ndarray, diff_quantile: float = 0.99) -> Robustness:
    """How little each code moves while a factor is held, at most 1, higher is better (sec. 3).

    codes: (n, num_codes), none constant.  factors: (n, num_factors) discrete.  diff_quantile: which quantile of the
    deviations counts; 1.0 is the paper's maximum."""
    max_deviations = np.max(_deviations(codes), axis=0)
    deviations = np.stack([_mean_deviations(codes, values, diff_quantile) for values in factors.T], axis=1)
    moves = max_deviations > 0  # a constant code has a variance above 0 where its mean is rounded; its weight is 0
    matrix = np.where(moves, 1.0 - (deviations.T / np.where(moves, max_deviations, 1)), 0).T
    per_code = matrix.max(axis=1)
    weights = max_deviations if np.sum(max_deviations) > 0.0 else None
    return Robustness(float(np.average(per_code, weights=weights)), matrix, per_code, matrix.argmax(axis=1),
                      max_deviations)


@gin.configurable("irs", denylist=RUNTIME_ARGUMENTS)
def compute_irs(ground_truth_data: Any, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None, diff_quantile: float = 0.99,
                num_train: int = gin.REQUIRED, batch_size: int = gin.REQUIRED,
                discretize_factors: bool = True) -> dict[str, float]:
    """`IRS`, at most 1, higher is better, and numbers of active codes.

    reference: `num_active_dims` is the sum of the code values; `num_active_dims_true` the number of codes that vary.
    reference: factors are binned like codes, which merges the values of a factor with more values than bins;
    `discretize_factors=False` keeps them apart."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    scores, robustness = irs_of_codes(codes, factors, diff_quantile, discretize_factors)
    if robustness is not None:
        save_matrix(artifact_dir, "irs", robustness.matrix, ground_truth_data)
    return scores


def irs_of_codes(codes: np.ndarray, factors: np.ndarray, diff_quantile: float = 0.99,
                 discretize_factors: bool = True) -> tuple[dict[str, float], Robustness | None]:
    """Scores of codes (n, num_codes) and factors (n, num_factors), and what they come from unless no code varies."""
    codes = wide_enough(codes, _deviations)
    # The selection is made on rows of the transposed array: its layout decides how numpy sums, hence the last bit.
    with np.errstate(over="ignore"):  # an infinite variance is above 0
        active = codes.T[codes.T.var(axis=1) > 0.0, :]
    robustness = None
    if active.any():
        values = discretize(factors) if discretize_factors else factors
        robustness = interventional_robustness(active.T, values, diff_quantile)
    return {"IRS": robustness.score if robustness else 0.0, "num_active_dims": float(np.sum(active)),
            "num_active_dims_true": len(active)}, robustness


def _mean_deviations(codes: np.ndarray, values: np.ndarray, diff_quantile: float) -> np.ndarray:
    """(num_codes,) the quantile of |code - mean| among points that share a value, averaged over the values."""
    distinct = np.unique(values)
    total = np.zeros(codes.shape[1])
    for value in distinct:
        group = codes[values == value, :]
        total += np.percentile(_deviations(group), q=diff_quantile * 100, axis=0)
    return total / len(distinct)


def _deviations(codes: np.ndarray) -> np.ndarray:
    """(n, num_codes) absolute difference of each code from its mean."""
    return np.abs(codes - codes.mean(axis=0))
