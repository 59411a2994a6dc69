"""Local DCI: disentanglement, completeness, informativeness near random centres, over the factors that vary there."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..sampling.neighbourhoods import averaged, local_scores, of_varying_factors
from ..sampling.points import RepresentationFunction
from .dci import dci_scores


@gin.configurable("local_dci", denylist=RUNTIME_ARGUMENTS)
def compute_local_dci(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                      num_local_clusters: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, Any]:
    """DCI's four scores averaged over clusters, in [0, 1], higher is better, and `local_KEY_samples` of each."""
    return averaged(local_scores(of_varying_factors(_scores), ground_truth_data, representation_function, random_state,
                                 (num_train, num_test), num_local_clusters, batch_size))


def _scores(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray,
            test_factors: np.ndarray) -> dict[str, float]:
    if not factors.shape[1]:
        return dict.fromkeys(("informativeness_train", "informativeness_test", "disentanglement", "completeness"),
                             float("nan"))
    return dci_scores(codes, factors, test_codes, test_factors)[0]
