"""BetaVAE score under disentanglement_lib's protocol."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.beta_vae_sklearn import beta_vae_sklearn
from ..sampling.points import RepresentationFunction, sample_groups
from ..settings.adapters import adapter
from ..settings.choices import logistic_regression


@adapter(beta_vae_sklearn)
def compute_beta_vae_sklearn(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_eval: int = gin.REQUIRED) -> MetricResult:
    """Scores groups of `batch_size` pairs of points that share a factor; see `unbraid.metrics.beta_vae_sklearn`."""
    train = sample_groups(ground_truth_data, representation_function, num_train, batch_size, 2, _share_factor,
                          random_state)
    classifier = logistic_regression(random_state)  # reference: made, and perhaps drawn for, before the test groups
    test = sample_groups(ground_truth_data, representation_function, num_eval, batch_size, 2, _share_factor,
                         random_state)
    return beta_vae_sklearn(train, test, classifier=lambda: classifier)


def _share_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each group's second batch the first batch's values."""
    groups = np.arange(len(numbers))
    factors[1][groups, :, numbers] = factors[0][groups, :, numbers]
