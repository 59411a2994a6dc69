"""Flatness (Michlo, Klein and James; disent): is the path of codes along a factor straight, ordered and on one axis?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..groups.traversals import as_traversals
from ..result import MetricResult
from ..undefined import undefined

CHUNK = 64  # traversals whose distances are computed at a time


@Metric(
    "flatness", paper="Michlo et al. 2023", needs="traversals",
    citations=("michlo2023overlooked",),
    scores=(Score("flatness.ave_flatness", "flatness", "a traversal is a straight, ordered line on an axis", (0, 1),
                  "medium", "cyclic factors cannot be flat"),),
    other_keys={"flatness.ave_flatness_l1": "high", "flatness.ave_flatness_l2": "high",
                **{f"flatness.ave_{kind}_{norm}": None for kind in ("width", "length") for norm in ("l1", "l2")}})
def flatness(traversals: Sequence[Any]) -> MetricResult:
    """Computes the mean over factors of width / length of the paths of codes along a factor.

    Args:
        traversals: for each factor that varies, codes (n, number of values, num_codes) of n traversals: all values of
            the factor in order, the other factors fixed.

    Returns:
        `flatness.ave_flatness` in [0, 1], higher is better.  Width is the largest L2 distance between codes of a
        traversal, length the sum of L1 steps along it, both averaged over traversals.  1 is a straight and ordered
        line on an axis; `..._l1` and `..._l2` take one norm for both, and do not ask for an axis.  A factor that the
        codes ignore counts as 0.  NaN without traversals.

    Raises:
        UserError: for arrays of other shapes.

    >>> line = np.zeros((1, 5, 3))
    >>> line[0, :, 1] = np.arange(5)
    >>> flatness([line])["flatness.ave_flatness"]
    1.0
    """
    found = as_traversals(traversals)
    if not found:
        return MetricResult({"flatness.ave_flatness": undefined(
            "Flatness follows a factor; none has more than one value.")})
    measures = [[(float(np.mean(width(codes, order))), (codes.shape[1] - 1) * mean_step(codes, order))
                 for order in (1, 2)] for codes in found]
    (widths_1, lengths_1), (widths_2, lengths_2) = np.array(measures).transpose(1, 2, 0)
    return MetricResult({
        "flatness.ave_flatness": _mean_ratio(widths_2, lengths_1),
        "flatness.ave_flatness_l1": _mean_ratio(widths_1, lengths_1),
        "flatness.ave_flatness_l2": _mean_ratio(widths_2, lengths_2),
        "flatness.ave_width_l1": float(np.mean(widths_1)), "flatness.ave_width_l2": float(np.mean(widths_2)),
        "flatness.ave_length_l1": float(np.mean(lengths_1)), "flatness.ave_length_l2": float(np.mean(lengths_2))})


def width(codes: np.ndarray, order: int) -> np.ndarray:
    """(n,) largest distance, in the L1 or L2 norm, between two codes of each traversal (n, length, num_codes)."""
    found = [np.linalg.norm(part[:, :, np.newaxis] - part[:, np.newaxis], ord=order, axis=-1).max(axis=(1, 2))
             for part in np.array_split(codes, -(-len(codes) // CHUNK))]
    return np.concatenate(found)


def mean_step(codes: np.ndarray, order: int) -> float:
    """Mean distance between neighbours of closed traversals (n, length, num_codes), the largest of each left out.

    The largest closes the path of a factor that is not cyclic."""
    steps = np.linalg.norm(np.roll(codes, -1, axis=1) - codes, ord=order, axis=-1)
    return float(np.mean(np.sort(steps, axis=1)[:, :-1]))


def _mean_ratio(widths: np.ndarray, lengths: np.ndarray) -> float:
    return float(np.mean(np.where(lengths > 0, widths, 0) / np.where(lengths > 0, lengths, 1)))
