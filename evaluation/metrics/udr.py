"""Unsupervised disentanglement ranking under disentanglement_lib's protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gin
import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.udr_sklearn import udr_sklearn
from ..settings.adapters import adapter
from ..settings.context import num_jobs

# From observations to codes (n, num_codes) and each code's KL divergence from the prior, averaged over the n.
DivergingRepresentation = Callable[[Any], tuple[np.ndarray, np.ndarray]]


@adapter(udr_sklearn, denylist=("ground_truth_data", "representation_functions", "random_state", "artifact_dir"))
def compute_udr_sklearn(ground_truth_data: GroundTruthData, representation_functions: Sequence[DivergingRepresentation],
                        random_state: np.random.RandomState, batch_size: int = gin.REQUIRED,
                        num_data_points: int = gin.REQUIRED, correlation_matrix: str = "lasso",
                        filter_low_kl: bool = True, include_raw_correlations: bool = True,
                        kl_filter_threshold: float = 0.01, kl_mask_threshold: float = 0.01,
                        artifact_dir: str | None = None) -> MetricResult:
    """Scores several models on the same `num_data_points` points; see `unbraid.metrics.udr_sklearn`.

    Raises UserError for points that do not fill their batches."""
    if num_data_points % batch_size:
        raise UserError(f"udr_sklearn.num_data_points is {num_data_points}; expected a multiple of "
                        f"udr_sklearn.batch_size, {batch_size}.")
    batches = [ground_truth_data.sample_observations(batch_size, random_state)
               for _ in range(num_data_points // batch_size)]
    codes, divergences = [], []
    for function in representation_functions:
        of_model, diverging = zip(*(function(batch) for batch in batches), strict=True)
        codes.append(np.concatenate(of_model))
        divergences.append(np.mean(np.array(diverging, dtype=np.float64), axis=0))
    return udr_sklearn(codes, divergences, correlation_matrix=correlation_matrix, filter_low_kl=filter_low_kl,
                       include_raw_correlations=include_raw_correlations, kl_filter_threshold=kl_filter_threshold,
                       kl_mask_threshold=kl_mask_threshold, n_jobs=num_jobs())
