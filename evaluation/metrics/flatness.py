"""Flatness (Michlo, Klein and James; disent): is the path of codes along a factor straight, ordered and on one axis?"""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ..sampling.points import RepresentationFunction, encode_factors
from ..sampling.traversals import drawn_traversals

CHUNK = 64  # traversals whose distances are computed at a time


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


@gin.configurable("flatness", denylist=RUNTIME_ARGUMENTS)
def compute_flatness(ground_truth_data: Any, representation_function: RepresentationFunction,
                     random_state: np.random.RandomState, artifact_dir: str | None = None,
                     repeats: int = gin.REQUIRED) -> dict[str, float]:
    """`flatness.ave_flatness` in [0, 1], higher is better: mean over factors of width / length of traversals.

    Width is the largest L2 distance between codes of a traversal, length the sum of L1 steps along it, both
    averaged over `repeats` traversals of each factor.  1 is a straight and ordered line on an axis; `..._l1`
    and `..._l2` take one norm for both, and do not ask for an axis.  A factor that the codes ignore counts as 0."""
    sizes = ground_truth_data.factors_num_values
    measures = {}
    for factor in (factor for factor, size in enumerate(sizes) if size > 1):
        traversals = drawn_traversals(ground_truth_data, factor, repeats, random_state)
        codes = encode_factors(representation_function, ground_truth_data, traversals.reshape(-1, len(sizes)),
                               random_state).reshape(*traversals.shape[:2], -1)
        measures[factor] = [(float(np.mean(width(codes, order))), (sizes[factor] - 1) * mean_step(codes, order))
                            for order in (1, 2)]
    if not measures:
        return {"flatness.ave_flatness": undefined("Flatness follows a factor; none has more than one value.")}
    (widths_1, lengths_1), (widths_2, lengths_2) = np.array(list(measures.values())).transpose(1, 2, 0)
    return {"flatness.ave_flatness": _mean_ratio(widths_2, lengths_1),
            "flatness.ave_flatness_l1": _mean_ratio(widths_1, lengths_1),
            "flatness.ave_flatness_l2": _mean_ratio(widths_2, lengths_2),
            "flatness.ave_width_l1": float(np.mean(widths_1)), "flatness.ave_width_l2": float(np.mean(widths_2)),
            "flatness.ave_length_l1": float(np.mean(lengths_1)), "flatness.ave_length_l2": float(np.mean(lengths_2))}


def _mean_ratio(widths: np.ndarray, lengths: np.ndarray) -> float:
    return float(np.mean(np.where(lengths > 0, widths, 0) / np.where(lengths > 0, lengths, 1)))
