"""Local IRS: interventional robustness near random centres, over the factors that vary there."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..sampling.neighbourhoods import averaged, local_scores, of_varying_factors
from ..sampling.points import RepresentationFunction
from .irs import irs_of_codes


@gin.configurable("local_irs", denylist=RUNTIME_ARGUMENTS)
def compute_local_irs(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None, diff_quantile: float = 0.99,
                      num_train: int = gin.REQUIRED, num_local_clusters: int = gin.REQUIRED, batch_size: int = 16,
                      discretize_factors: bool = True) -> dict[str, Any]:
    """`IRS` averaged over clusters, at most 1, higher is better, and `local_IRS_samples`."""

    def score(codes: np.ndarray, factors: np.ndarray) -> dict[str, float]:
        has_factors = factors.shape[1] > 0
        scores = irs_of_codes(codes, factors, diff_quantile, discretize_factors)[0] if has_factors else {}
        return {"IRS": scores.get("IRS", float("nan"))}

    return averaged(local_scores(of_varying_factors(score), ground_truth_data, representation_function, random_state,
                                 num_train, num_local_clusters, batch_size))
