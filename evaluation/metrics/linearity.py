"""Linearity and axis alignment of traversals (Michlo, Klein and James; disent's factored components)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ..sampling.points import RepresentationFunction, encode_factors
from ..sampling.traversals import drawn_traversals, mean_over_factors

KEYS = ("linearity.axis_alignment.var", "linearity.axis_ratio.var", "linearity.axis_ratio_ave.var",
        "linearity.linear_ratio.var")


def share_of_largest(variances: np.ndarray) -> np.ndarray:
    """The largest of variances (..., num_codes) as a share of their sum, scaled so that equal ones give 0: [0, 1]."""
    number = variances.shape[-1]
    with np.errstate(invalid="ignore"):
        return (variances.max(axis=-1) / variances.sum(axis=-1) - 1 / number) / (1 - 1 / number)


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


@gin.configurable("linearity", denylist=RUNTIME_ARGUMENTS)
def compute_linearity(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      repeats: int = gin.REQUIRED, mean: str = "geometric") -> dict[str, Any]:
    """`linearity.axis_alignment.var` and three more in [0, 1], higher is better, and each by factor.

    reference: a geometric mean over factors, which is NaN where the codes ignore a factor; mean: "geometric" or
    "arithmetic"."""
    sizes = ground_truth_data.factors_num_values
    by_factor = []
    for factor in (factor for factor, size in enumerate(sizes) if size > 1):
        traversals = drawn_traversals(ground_truth_data, factor, repeats, random_state)
        codes = encode_factors(representation_function, ground_truth_data, traversals.reshape(-1, len(sizes)),
                               random_state).reshape(*traversals.shape[:2], -1)
        if codes.shape[-1] < 2:
            return dict.fromkeys(KEYS, undefined("Linearity compares directions among codes; there is one code."))
        by_factor.append(linearity_of(codes))
    return mean_over_factors(by_factor, mean)
