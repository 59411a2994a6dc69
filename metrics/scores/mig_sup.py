"""MIG-sup (Li et al., Progressive Learning, ICLR 2020, arXiv:2002.10549): MIG with codes and factors exchanged."""

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
    "mig_sup", paper="Li et al. 2020", needs="points", matrices=(MUTUAL_INFORMATION,),
    citations=("li2020progressive",),
    aliases=("migsup",),
    scores=(Score("mig_sup", "MIG-sup", "one code knows one factor", (0, 1), "small",
                  "a constant code makes it NaN; small for codes with much noise"),),
    other_keys={"mig_sup_live_codes": "high"})
def mig_sup(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize
            ) -> MetricResult:
    """Computes MIG-sup of given points: the mean over codes of (I(z; v_1) - I(z; v_2)) / H(z), v_1, v_2 the best two.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `mig_sup` in [0, 1], higher is better; a constant code makes it NaN.  `mig_sup_live_codes` is the mean over the
        other codes.  Matrix `mutual_information`, nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> mig_sup([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], factors)["mig_sup"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    bins = discretize(codes, num_bins, discretizer)
    information = mutual_information_matrix(bins, factors)
    gaps = gaps_per_code(information, entropies(bins))
    dead = np.isnan(gaps)
    if 0 < dead.sum() < len(gaps):
        undefined(f"Codes {np.flatnonzero(dead).tolist()} are constant and have no MIG-sup.")
    live = float("nan") if dead.all() else float(np.mean(gaps[~dead]))
    return MetricResult({"mig_sup": float(np.mean(gaps)), "mig_sup_live_codes": live},
                        {"mutual_information": information})


def gaps_per_code(mutual_information: np.ndarray, code_entropies: np.ndarray) -> np.ndarray:
    """Gap between the two factors of which each code knows most, as a share of the code's entropy.

    mutual_information: (num_codes, num_factors), code_entropies: (num_codes,) in one unit.  Returns (num_codes,) in
    [0, 1], higher is better; NaN for a constant code, and with one factor."""
    if mutual_information.shape[1] < 2:
        return np.full(len(mutual_information), undefined("MIG-sup compares two factors; the data set has one."))
    second, largest = np.sort(mutual_information, axis=1).T[-2:]
    with np.errstate(invalid="ignore"):
        return np.asarray((largest - second) / code_entropies)
