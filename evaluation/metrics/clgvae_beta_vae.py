"""BetaVAE score as the Commutative Lie Group VAE's own code computes it (arXiv:2106.03375): pairs and no penalty."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..sampling.points import RepresentationFunction, sample_groups
from .beta_vae import classifier_accuracies, mean_differences


@gin.configurable("clgvae_beta_vae_score", denylist=RUNTIME_ARGUMENTS)
def compute_clgvae_beta_vae(ground_truth_data: Any, representation_function: RepresentationFunction,
                            random_state: np.random.RandomState, artifact_dir: str | None = None,
                            num_pairs: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                            num_eval: int = gin.REQUIRED) -> dict[str, float]:
    """`train_accuracy` and `eval_accuracy` of guessing which factor `num_pairs` pairs of images share.

    In [0, 1], higher is better.  The two images of a pair are drawn one after the other; bind
    `evaluation.scheme = @factors_by_row` for the project's own order, and `logistic_regression.C = None` with the
    solver newton-cg for its classifier."""

    def features(num_groups: int) -> tuple[np.ndarray, np.ndarray]:
        numbers, codes = sample_groups(ground_truth_data, representation_function, num_groups, 2 * num_pairs, 1,
                                       _share_factor, random_state)
        return mean_differences(np.stack([codes[0, :, 0::2], codes[0, :, 1::2]])), numbers

    return classifier_accuracies(features, num_train, num_eval, random_state)


def _share_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each pair's first image the second one's value."""
    groups = np.arange(len(numbers))
    factors[0][groups, 0::2, numbers] = factors[0][groups, 1::2, numbers]
