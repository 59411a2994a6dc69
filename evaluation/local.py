"""Local scores: a global score on points near a centre, averaged over centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..common.errors import UserError
from .sampling import RepresentationFunction, sample_local_codes


def local_scores(score: Callable[[np.ndarray, np.ndarray], float], ground_truth_data: Any,
                 representation_function: RepresentationFunction, random_state: np.random.RandomState,
                 num_train: int, num_local_clusters: int, batch_size: int) -> list[float]:
    """One `score(codes, factors)` for each of `num_local_clusters` centres, points first in both arrays."""
    if num_local_clusters < 1:
        raise UserError(f"num_local_clusters is {num_local_clusters}; a local score needs at least one cluster.")
    return [
        score(*sample_local_codes(ground_truth_data, representation_function, num_train, random_state, batch_size))
        for _ in range(num_local_clusters)
    ]
