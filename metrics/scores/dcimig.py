"""DCIMIG, or 3CharM (Sepliarskaia et al., How to Not Measure Disentanglement, arXiv:1910.05587, sec. 4)."""

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


@Metric(
    "dcimig", paper="Sepliarskaia et al. 2019", needs="points", matrices=(MUTUAL_INFORMATION,), aliases=("3charm",),
    citations=("sepliarskaia2019how",),
    scores=(Score("dcimig", "DCIMIG (3CharM)", "as MIG-sup, one code per factor credited", (0, 1), "small",
                  "blind to several codes for one factor"),))
def dcimig(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize
           ) -> MetricResult:
    """Computes DCIMIG of given points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `dcimig` in [0, 1], higher is better; NaN with fewer than two factors that vary.  Matrix `mutual_information`,
        nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> dcimig([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], factors)["dcimig"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    information = mutual_information_matrix(discretize(codes, num_bins, discretizer), factors)
    return MetricResult({"dcimig": credited_gaps(information, entropies(factors))}, {"mutual_information": information})


def credited_gaps(mutual_information: np.ndarray, factor_entropies: np.ndarray) -> float:
    """Sum over factors of the largest gap credited to them, divided by the sum of the factors' entropies.

    A code's gap, between the factors of which it knows most and second most, is credited to the first of them.
    mutual_information: (num_codes, num_factors), factor_entropies: (num_factors,) in one unit.
    In [0, 1], higher is better; undefined with one factor and when no factor varies."""
    if mutual_information.shape[1] < 2 or not factor_entropies.sum() > 0:
        return undefined("DCIMIG compares two factors that vary; the sample holds fewer.")
    second, largest = np.sort(mutual_information, axis=1).T[-2:]
    credits = np.zeros_like(mutual_information)
    credits[np.arange(len(credits)), mutual_information.argmax(axis=1)] = largest - second
    return float(credits.max(axis=0).sum() / factor_entropies.sum())
