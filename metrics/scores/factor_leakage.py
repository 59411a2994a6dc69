"""Factor leakage: how much codes other than its own know of a factor (Painter et al., NeurIPS 2020; CLG-VAE, 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..information.discretization import Discretizer, discretize, histogram_discretize, mutual_information_matrix
from ..inputs import as_points
from ..result import MetricResult
from ..shared_matrices import MUTUAL_INFORMATION
from ..undefined import factor_labels, undefined


@Metric(
    "factor_leakage", paper="Painter et al. 2020; Zhu et al. 2021", needs="points", matrices=(MUTUAL_INFORMATION,),
    citations=("painter2020linear", "zhu2021commutative"),
    scores=(Score("factor_leakage_auc", "factor leakage", "no other code knows a factor", (0, 1), "small",
                  "a mean over codes: doubled codes do not raise it; `factor_leakage_mean` is in nats", better="low"),),
    other_keys={"factor_leakage_mean": "low", "factor_leakage_norm_mean": "low", "factor_leakage_nm_auc": "low"})
def factor_leakage(codes: Any, factors: Any, *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize
                   ) -> MetricResult:
    """Computes the factor leakage of given points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `factor_leakage_auc` in [0, 1] and three more, lower is better: see `leakage`.  Matrix `mutual_information`,
        nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> factor_leakage([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], factors)["factor_leakage_mean"]
    0.0
    """
    codes, factors = as_points(codes, factors)
    information = mutual_information_matrix(discretize(codes, num_bins, discretizer), factors)
    return MetricResult(leakage(information), {"mutual_information": information})


def leakage(mutual_information: np.ndarray) -> dict[str, float]:
    """The four scores of mutual information (num_codes, num_factors) in nats; not negative, lower is better.

    With each column sorted from the most informative code down, and divided by its largest entry where the key says
    `norm` or `auc`: `mean` and `norm_mean` are the means of all entries below the first row; `auc` is the mean over
    i = 0 .. D-1 of the mean of rows i to D-1, `nm_auc` the same from i = 1.  The last three are in [0, 1].
    A factor that no code knows has no such ratio and is left out, with a warning; undefined with one code."""
    keys = ("factor_leakage_auc", "factor_leakage_mean", "factor_leakage_norm_mean", "factor_leakage_nm_auc")
    if len(mutual_information) < 2:
        return dict.fromkeys(keys, undefined("Factor leakage needs a second code to leak into; there is one."))
    ordered = np.sort(mutual_information, axis=0)[::-1]
    known = ordered[0] > 0
    if not known.all():
        undefined(f"No code knows anything of {factor_labels(np.flatnonzero(~known))}; leakage leaves that out.")
    if not known.any():
        return dict.fromkeys(keys, float("nan"))
    shares = ordered[:, known] / ordered[0, known]
    tails = [float(np.mean(shares[start:])) for start in range(len(shares))]
    return dict(zip(keys, (float(np.mean(tails)), float(np.mean(ordered[1:])), tails[1], float(np.mean(tails[1:]))),
                    strict=True))
