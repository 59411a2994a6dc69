"""Local MIG: the Mutual Information Gap near random centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.information.discretization import discretize, entropies, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.neighbourhoods import local_scores
from ..sampling.points import RepresentationFunction
from .mig import mean_of_varying, mutual_information_gaps


@gin.configurable("local_mig", denylist=RUNTIME_ARGUMENTS)
def compute_local_mig(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_local_clusters: int = gin.REQUIRED,
                      batch_size: int = 16) -> dict[str, Any]:
    """`discrete_mig`, the mean over clusters in [0, 1], higher is better, and `local_discrete_migs_samples`.

    A cluster's score is the mean gap over the factors that take more than one value in it; NaN when none does."""
    informations = []

    def mean_gap(codes: np.ndarray, factors: np.ndarray) -> float:
        informations.append(mutual_information_matrix(discretize(codes), factors))
        return mean_of_varying(mutual_information_gaps(informations[-1], entropies(factors)))

    scores = local_scores(mean_gap, ground_truth_data, representation_function, random_state, num_train,
                          num_local_clusters, batch_size)
    save_matrix(artifact_dir, "local_mutual_information", np.mean(informations, axis=0), ground_truth_data)
    return {"discrete_mig": float(np.mean(scores)), "local_discrete_migs_samples": scores}
