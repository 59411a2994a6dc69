"""Local MIG: the Mutual Information Gap near random centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..local import local_scores
from ..sampling import RepresentationFunction
from .mig import gaps_of_codes, mean_of_varying


def mean_gap_of_varying_factors(codes: np.ndarray, factors: np.ndarray) -> float:
    """Mean gap over the factors that take more than one value in the cluster; NaN when none does."""
    return mean_of_varying(gaps_of_codes(codes, factors))


@gin.configurable("local_mig", denylist=RUNTIME_ARGUMENTS)
def compute_local_mig(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_local_clusters: int = gin.REQUIRED,
                      batch_size: int = 16) -> dict[str, Any]:
    """`discrete_mig`, the mean over clusters in [0, 1], higher is better, and `local_discrete_migs_samples`."""
    scores = local_scores(mean_gap_of_varying_factors, ground_truth_data, representation_function, random_state,
                          num_train, num_local_clusters, batch_size)
    return {"discrete_mig": float(np.mean(scores)), "local_discrete_migs_samples": scores}
