"""DCIMIG, or 3CharM (Sepliarskaia et al., How to Not Measure Disentanglement, arXiv:1910.05587, sec. 4)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import discretize, entropies, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


def dcimig(mutual_information: np.ndarray, factor_entropies: np.ndarray) -> float:
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


@gin.configurable("dcimig", denylist=RUNTIME_ARGUMENTS)
def compute_dcimig(ground_truth_data: Any, representation_function: RepresentationFunction,
                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                   num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`dcimig` in [0, 1], higher is better."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    information = mutual_information_matrix(discretize(codes), factors)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    return {"dcimig": dcimig(information, entropies(factors))}
