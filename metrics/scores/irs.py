"""Interventional Robustness Score (Suter et al., ICML 2019, arXiv:1811.00007), as in disentanglement_lib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..information.discretization import Discretizer, discretize, histogram_discretize
from ..information.precision import wide_enough
from ..inputs import as_points
from ..result import MetricResult


@Metric(
    "irs", paper="Suter et al. 2019", needs="points",
    citations=("suter2019robustly",),
    matrices=(Matrix("irs", "Interventional robustness", "0 to 1", "How far a code stays put while a factor does."),),
    aliases=("interventional_robustness",),
    scores=(Score("IRS", "IRS", "a code stays put while its factor does", (float("-inf"), 1), "small",
                  "factors above 20 values are merged unevenly"),),
    other_keys={"num_active_dims": None, "num_active_dims_true": None})
def irs(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize,
        diff_quantile: float = 0.99, discretize_factors: bool = True) -> MetricResult:
    """Computes the interventional robustness of given points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each factor.
        discretizer: function of factors (num_factors, n) and `num_bins` to bin numbers of that shape.
        diff_quantile: which quantile of the deviations counts, in [0, 1]; 1.0 is the paper's maximum.
        discretize_factors: whether factors are binned as in the reference, which merges values of a factor with more
            values than bins.

    Returns:
        `IRS`, at most 1, higher is better; `num_active_dims_true`, the number of codes that vary; and
        `num_active_dims`, in the reference the sum of the code values.  Matrix `irs`: one row per code that varies.

    Raises:
        UserError: for arrays of other shapes.

    >>> irs([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0, 0], [0, 1], [1, 0], [1, 1]])["IRS"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    codes = wide_enough(codes, _deviations)
    # The selection is made on rows of the transposed array: its layout decides how numpy sums, hence the last bit.
    with np.errstate(over="ignore"):  # an infinite variance is above 0
        active = codes.T[codes.T.var(axis=1) > 0.0, :]
    robustness = None
    if active.any():
        values = discretize(factors, num_bins, discretizer) if discretize_factors else factors
        robustness = interventional_robustness(active.T, values, diff_quantile)
    return MetricResult({"IRS": robustness.score if robustness else 0.0, "num_active_dims": float(np.sum(active)),
                         "num_active_dims_true": len(active)}, {"irs": robustness.matrix} if robustness else {})


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
    return np.asarray(np.abs(codes - codes.mean(axis=0)))
