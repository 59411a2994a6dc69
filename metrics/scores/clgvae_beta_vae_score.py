"""BetaVAE score as the Commutative Lie Group VAE's own code computes it (arXiv:2106.03375): pairs and no penalty."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..declaration import Metric, Score
from ..estimators.predictors import logistic_regression
from ..result import MetricResult
from .beta_vae_sklearn import PairedGroups, shared_factor_accuracies

UNPENALISED = partial(logistic_regression, C=None, solver="newton-cg")


@Metric(
    "clgvae_beta_vae_score", paper="Zhu et al. 2021", needs="groups",
    citations=("higgins2017beta", "zhu2021commutative"),
    scores=(Score("eval_accuracy", "BetaVAE score of CLG-VAE", "as BetaVAE", (0, 1), "small", "5 pairs are noisy",
                  chance="1/F"),),
    other_keys={"train_accuracy": "high"})
def clgvae_beta_vae_score(train: PairedGroups, test: PairedGroups, *,
                          classifier: Callable[[], Any] = UNPENALISED) -> MetricResult:
    """Computes how well a linear classifier without penalty guesses which factor a few pairs of points share.

    Args:
        train: factor numbers (num_groups,) and codes (2, num_groups, num_pairs, num_codes), as for `beta_vae_sklearn`.
        test: other groups.
        classifier: makes an unfitted linear classifier.

    Returns:
        `train_accuracy` and `eval_accuracy` in [0, 1], higher is better.

    Raises:
        UserError: for arrays of other shapes.

    >>> numbers = np.arange(40) % 2
    >>> codes = np.random.RandomState(0).rand(2, 40, 5, 2)
    >>> codes[1, numbers == 0, :, 0] = codes[0, numbers == 0, :, 0]
    >>> codes[1, numbers == 1, :, 1] = codes[0, numbers == 1, :, 1]
    >>> clgvae_beta_vae_score((numbers, codes), (numbers, codes))["eval_accuracy"]
    1.0
    """
    return shared_factor_accuracies(train, test, classifier)
