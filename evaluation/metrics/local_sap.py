"""Local SAP: separated attribute predictability near random centres, over the factors that vary there."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..sampling.neighbourhoods import averaged, local_scores, of_varying_factors
from ..sampling.points import RepresentationFunction
from .sap_score import mean_gap, score_matrix


@gin.configurable("local_sap", denylist=RUNTIME_ARGUMENTS)
def compute_local_sap(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                      num_local_clusters: int = gin.REQUIRED, batch_size: int = 16,
                      continuous_factors: bool = gin.REQUIRED) -> dict[str, Any]:
    """`SAP_score` averaged over clusters, in [0, 1], higher is better, and `local_SAP_score_samples`."""

    def score(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray,
              test_factors: np.ndarray) -> dict[str, float]:
        if not factors.shape[1]:
            return {"SAP_score": float("nan")}
        return {"SAP_score": mean_gap(score_matrix(codes, factors, test_codes, test_factors, continuous_factors))}

    return averaged(local_scores(of_varying_factors(score), ground_truth_data, representation_function, random_state,
                                 (num_train, num_test), num_local_clusters, batch_size))
