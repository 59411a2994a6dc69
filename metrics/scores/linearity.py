"""Linearity and axis alignment of traversals (Michlo, Klein and James; disent's factored components)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..groups.traversals import as_traversals, mean_over_factors
from ..result import MetricResult
from ..undefined import undefined

KEYS = ("linearity.axis_alignment.var", "linearity.axis_ratio.var", "linearity.axis_ratio_ave.var",
        "linearity.linear_ratio.var")


@Metric(
    "linearity", paper="Michlo et al. 2023", needs="traversals",
    citations=("michlo2023overlooked",),
    scores=(Score(KEYS[0], "linearity", "a traversal varies in one direction, on one axis", (0, 1), "medium",
                  "NaN where the codes ignore a factor"),),
    other_keys={**dict.fromkeys(KEYS[1:], "high"), **{f"{key}.by_factor": None for key in KEYS}})
def linearity(traversals: Sequence[Any], *, mean: str = "geometric") -> MetricResult:
    """Computes how far the codes vary in one direction, and on one axis, along each factor.

    Args:
        traversals: for each factor that varies, codes (n, number of values, num_codes) of n traversals: all values of
            the factor in order, the other factors fixed.
        mean: over factors, "geometric", as in disent, or "arithmetic".

    Returns:
        `linearity.axis_alignment.var` and three more in [0, 1], higher is better, and each by factor.  A geometric
        mean is NaN where the codes ignore a factor.  NaN with one code.

    Raises:
        UserError: for arrays of other shapes, another mean, and without traversals.

    >>> line = np.zeros((1, 5, 2))
    >>> line[0, :, 1] = np.arange(5)
    >>> linearity([line])["linearity.axis_alignment.var"]
    1.0
    """
    found = as_traversals(traversals)
    if any(codes.shape[-1] < 2 for codes in found):
        return MetricResult(dict.fromkeys(KEYS, undefined(
            "Linearity compares directions among codes; there is one code.")))
    return MetricResult(mean_over_factors([linearity_of(codes) for codes in found], mean))


def share_of_largest(variances: np.ndarray) -> np.ndarray:
    """The largest of variances (..., num_codes) as a share of their sum, scaled so that equal ones give 0: [0, 1]."""
    number = variances.shape[-1]
    with np.errstate(invalid="ignore"):
        return np.asarray((variances.max(axis=-1) / variances.sum(axis=-1) - 1 / number) / (1 - 1 / number))


def linearity_of(codes: np.ndarray) -> dict[str, float]:
    """The four scores of traversals (n, length, num_codes) of one factor, in [0, 1], higher is better.

    The share of the variance on the best axis, along the best direction, and the one divided by the other, each
    averaged over traversals; `axis_ratio_ave` is that of the mean variances.  NaN where codes ignore the factor."""
    centred = codes - codes.mean(axis=1, keepdims=True)
    covariances = centred.swapaxes(1, 2) @ centred / (codes.shape[1] - 1)
    variances = np.var(codes, axis=1, ddof=1)
    axis, linear = share_of_largest(variances), share_of_largest(np.abs(np.linalg.eigvalsh(covariances)))
    with np.errstate(invalid="ignore"):
        return dict(zip(KEYS, (float(np.mean(axis / (linear + 1e-20))), float(np.mean(axis)),
                               float(share_of_largest(variances.mean(axis=0))), float(np.mean(linear))), strict=True))
