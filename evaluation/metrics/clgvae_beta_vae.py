"""BetaVAE score under the protocol of the Commutative Lie Group VAE (arXiv:2106.03375)."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.clgvae_beta_vae_score import clgvae_beta_vae_score
from ..sampling.points import RepresentationFunction, sample_groups
from ..settings.adapters import adapter
from ..settings.choices import logistic_regression


@adapter(clgvae_beta_vae_score)
def compute_clgvae_beta_vae(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                            random_state: np.random.RandomState, artifact_dir: str | None = None,
                            num_pairs: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                            num_eval: int = gin.REQUIRED) -> MetricResult:
    """Scores groups of `num_pairs` pairs of points that share a factor; see `unbraid.metrics.clgvae_beta_vae_score`.

    The two images of a pair are drawn one after the other; bind `evaluation.scheme = @factors_by_row` for the
    project's own order, and `logistic_regression.C = None` with the solver newton-cg for its classifier."""

    def pairs(num_groups: int) -> tuple[np.ndarray, np.ndarray]:
        numbers, codes = sample_groups(ground_truth_data, representation_function, num_groups, 2 * num_pairs, 1,
                                       _share_factor, random_state)
        return numbers, np.stack([codes[0, :, 0::2], codes[0, :, 1::2]])

    train, classifier = pairs(num_train), logistic_regression(random_state)
    return clgvae_beta_vae_score(train, pairs(num_eval), classifier=lambda: classifier)


def _share_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each pair's first image the second one's value."""
    groups = np.arange(len(numbers))
    factors[0][groups, 0::2, numbers] = factors[0][groups, 1::2, numbers]
