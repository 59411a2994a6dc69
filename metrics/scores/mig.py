"""Mutual Information Gap (Chen et al., arXiv:1802.04942), estimated from binned codes as in disentanglement_lib."""

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
from ..undefined import one_value, undefined


@Metric(
    "mig", paper="Chen et al. 2018", needs="points", matrices=(MUTUAL_INFORMATION,), report_config="mig",
    citations=("chen2018isolating",),
    aliases=("mutual_information_gap",),
    scores=(Score("discrete_mig", "MIG", "one code knows a factor, no second one does", (0, 1), "small",
                  "depends on bins and outliers; a constant factor makes it NaN"),),
    other_keys={"discrete_mig_varying_factors": "high"})
def mig(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize
        ) -> MetricResult:
    """Computes the Mutual Information Gap of given points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `discrete_mig` in [0, 1], higher is better: the mean over factors of the gap in mutual information between the
        two most informative codes, as a share of the factor's entropy.  One factor with one value makes it NaN, as in
        the reference; `discrete_mig_varying_factors` is the mean over the others.  Matrix `mutual_information`, nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> mig([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], factors)["discrete_mig"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    information = mutual_information_matrix(discretize(codes, num_bins, discretizer), factors)
    gaps = mutual_information_gaps(information, entropies(factors))
    constant = np.flatnonzero(np.isnan(gaps))
    if 0 < len(constant) < len(gaps):
        undefined(f"{one_value(constant)} in the sample, which leaves no mutual information gap.")
    return MetricResult({"discrete_mig": float(np.mean(gaps)), "discrete_mig_varying_factors": mean_of_varying(gaps)},
                        {"mutual_information": information})


def mutual_information_gaps(mutual_information: np.ndarray, factor_entropies: np.ndarray) -> np.ndarray:
    """Gap between the two most informative codes of each factor, as a share of the factor's entropy (sec. 4.1).

    mutual_information: (num_codes, num_factors) and factor_entropies: (num_factors,), in nats.
    Returns (num_factors,) in [0, 1], higher is better; NaN for a factor with one value, and with one code."""
    if len(mutual_information) < 2:
        return np.full(len(factor_entropies), undefined(
            f"The mutual information gap compares two latents; the representation has {len(mutual_information)}."))
    largest, second = np.sort(mutual_information, axis=0)[::-1][:2]
    with np.errstate(invalid="ignore"):
        return np.asarray((largest - second) / factor_entropies)


def mean_of_varying(gaps: np.ndarray) -> float:
    """Mean over the factors that take more than one value; NaN when none does."""
    varying = ~np.isnan(gaps)
    return float(np.mean(gaps[varying])) if varying.any() else float("nan")
