"""Local modularity: modularity near random centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.information.discretization import discretize, mutual_information_matrix
from ..sampling.neighbourhoods import local_scores
from ..sampling.points import RepresentationFunction
from .modularity_explicitness import modularity


@gin.configurable("local_modularity", denylist=RUNTIME_ARGUMENTS)
def compute_local_modularity(ground_truth_data: Any, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             num_train: int = gin.REQUIRED, num_local_clusters: int = gin.REQUIRED,
                             batch_size: int = 16) -> dict[str, Any]:
    """`modularity_score`, the mean over clusters in [0, 1], higher is better, and its samples.

    reference: factors that are fixed in a cluster count in the divisor, which inflates the score;
    `modularity_score_varying_factors` leaves them out, and is NaN where fewer than two vary."""
    scores, of_varying = zip(*local_scores(_both_modularities, ground_truth_data, representation_function,
                                           random_state, num_train, num_local_clusters, batch_size), strict=True)
    return {"modularity_score": float(np.mean(scores)), "local_modularity_scores_samples": list(scores),
            "modularity_score_varying_factors": float(np.mean(of_varying))}


def _both_modularities(codes: np.ndarray, factors: np.ndarray) -> tuple[float, float]:
    """Modularity over all factors, and over those that take more than one value."""
    information = mutual_information_matrix(discretize(codes), factors)
    varying = (factors != factors[0]).any(axis=0)
    return modularity(information), modularity(information[:, varying]) if varying.sum() > 1 else float("nan")
