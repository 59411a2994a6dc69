"""FactorVAE score under disentanglement_lib's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.factor_vae_score import factor_vae_score
from ..sampling.points import RepresentationFunction, sample_codes, sample_groups
from ..settings.adapters import adapter
from ..settings.choices import pruning_threshold


@adapter(factor_vae_score)
def compute_factor_vae(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                       random_state: np.random.RandomState, artifact_dir: str | None = None,
                       batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED, num_eval: int = gin.REQUIRED,
                       num_variance_estimate: int = gin.REQUIRED) -> MetricResult:
    """Scores groups of `batch_size` points with a factor fixed; see `unbraid.metrics.factor_vae_score`.

    Raises UserError for batches of one, which have no variance."""
    if batch_size < 2:
        raise UserError(f"factor_vae_score.batch_size is {batch_size}; a variance needs at least 2 points.")
    codes, _ = sample_codes(ground_truth_data, representation_function, num_variance_estimate, random_state,
                            num_variance_estimate)
    samples = []
    for num_groups in (num_train, num_eval):
        fixed, grouped = sample_groups(ground_truth_data, representation_function, num_groups, batch_size, 1,
                                       _fix_factor, random_state)
        samples.append((fixed, grouped[0]))
    return factor_vae_score(codes, samples[0], samples[1], threshold=pruning_threshold(),
                            num_factors=ground_truth_data.num_factors)


def _fix_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each group the value of the group's first point."""
    groups = np.arange(len(numbers))
    for of_set in factors:
        of_set[groups, :, numbers] = of_set[groups, 0, numbers][:, np.newaxis]
