"""JEMMIG (Do and Tran, Theory and Evaluation Metrics, ICLR 2020, arXiv:1908.09961, sec. 3.4), scaled to [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..information.discretization import (
    Discretizer,
    discretize,
    entropies,
    histogram_discretize,
    mutual_information_matrix,
)
from ..inputs import as_points
from ..result import MetricResult
from ..shared_matrices import MUTUAL_INFORMATION
from ..undefined import undefined

DECIMALS = 12  # mutual information of codes that differ only by the rounding of its sum agrees to this many


@Metric(
    "jemmig", paper="Do and Tran 2020", needs="points", matrices=(MUTUAL_INFORMATION,),
    citations=("do2020theory",),
    scores=(Score("jemmig", "JEMMIG", "the best code holds the factor and nothing else", (0, 1), "small",
                  "grows with the number of bins; 0 is never reached"),))
def jemmig(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize
           ) -> MetricResult:
    """Computes JEMMIG of given points, scaled to [0, 1].

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `jemmig` in [0, 1], higher is better: the mean over factors.  Matrix `mutual_information`, nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> round(jemmig([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], factors, num_bins=2)["jemmig"], 6)
    1.0
    """
    codes, factors = as_points(codes, factors)
    bins = discretize(codes, num_bins, discretizer)
    information = mutual_information_matrix(bins, factors)
    scores = jemmig_per_factor(information, entropies(factors), entropies(bins), num_bins)
    return MetricResult({"jemmig": float(np.mean(scores))}, {"mutual_information": information})


def jemmig_per_factor(mutual_information: np.ndarray, factor_entropies: np.ndarray, code_entropies: np.ndarray,
                      num_bins: int) -> np.ndarray:
    """1 - (H(v, z*) - I(v; z*) + I(v; z')) / (H(v) + log num_bins), z* and z' the codes that know v best.

    All in nats: mutual_information (num_codes, num_factors), factor_entropies (num_factors,), code_entropies
    (num_codes,).  Returns (num_factors,) in [0, 1], higher is better: the best code should hold the factor and no more.
    Of codes whose information agrees to 12 decimals, z* is the one with the lower joint entropy; the reference takes
    whichever sorts last.  Undefined with one code."""
    if len(mutual_information) < 2:
        return np.full(len(factor_entropies), undefined(
            f"JEMMIG compares two codes; the representation has {len(mutual_information)}."))
    joint = factor_entropies + code_entropies[:, np.newaxis] - mutual_information
    ordered = np.lexsort((-joint, np.round(mutual_information, DECIMALS)), axis=0)
    best = np.take_along_axis(mutual_information, ordered[-1:], axis=0)[0]
    second = np.take_along_axis(mutual_information, ordered[-2:-1], axis=0)[0]
    lowest = np.take_along_axis(joint, ordered[-1:], axis=0)[0]
    return np.asarray(1 - (lowest - best + second) / (factor_entropies + np.log(num_bins)))
