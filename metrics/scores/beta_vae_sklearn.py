"""BetaVAE score (Higgins et al., beta-VAE, ICLR 2017, sec. 3), with disentanglement_lib's logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import as_indices, as_numbers
from ..declaration import Metric, Score
from ..estimators.jobs import quietly
from ..estimators.predictors import logistic_regression
from ..groups.votes import MOST_FACTORS
from ..inputs import as_two
from ..result import MetricResult
from ..undefined import undefined

CHUNK = 1000  # pairs of batches reduced at a time

# The factor that is shared (num_groups,), and codes (2, num_groups, batch_size, num_codes) that share it pairwise.
PairedGroups = tuple[Any, Any]


@Metric(
    "beta_vae_sklearn", paper="Higgins et al. 2017", needs="groups",
    citations=("higgins2017beta",),
    aliases=("beta_vae", "beta_vae_score", "betavae"),
    scores=(Score("eval_accuracy", "BetaVAE score", "a linear classifier sees which factor two batches share", (0, 1),
                  "small", "saturates; depends on the codes' scale; tolerates mixtures", chance="1/F"),),
    other_keys={"train_accuracy": "high"})
def beta_vae_sklearn(train: PairedGroups, test: PairedGroups, *,
                     classifier: Callable[[], Any] = logistic_regression) -> MetricResult:
    """Computes how well a linear classifier guesses which factor pairs of points share.

    Args:
        train: factor numbers (num_groups,) and codes (2, num_groups, batch_size, num_codes): in each group, the points
            of the first batch have the values of the numbered factor that those of the second batch have.
        test: other groups, of the same shapes but for their number.
        classifier: makes an unfitted linear classifier.

    Returns:
        `train_accuracy` and `eval_accuracy` in [0, 1], higher is better, chance is about 1 / num_factors.  Depends on
        the scale of the codes through the classifier's penalty.  NaN when all training groups share the same factor.

    Raises:
        UserError: for arrays of other shapes.

    >>> numbers = np.arange(40) % 2
    >>> codes = np.random.RandomState(0).rand(2, 40, 8, 2)
    >>> codes[1, numbers == 0, :, 0] = codes[0, numbers == 0, :, 0]
    >>> codes[1, numbers == 1, :, 1] = codes[0, numbers == 1, :, 1]
    >>> beta_vae_sklearn((numbers, codes), (numbers, codes))["eval_accuracy"]
    1.0
    """
    return shared_factor_accuracies(train, test, classifier)


def shared_factor_accuracies(train: PairedGroups, test: PairedGroups, classifier: Callable[[], Any]) -> MetricResult:
    """Accuracies of a classifier of `mean_differences`; arguments as for `beta_vae_sklearn`."""
    (numbers, codes), (test_numbers, test_codes) = _as_groups(train, "train"), _as_groups(test, "test")
    if len(np.unique(numbers)) < 2:
        score = undefined("All training points of the BetaVAE score share the same factor; it needs two factors.")
        return MetricResult({"train_accuracy": score, "eval_accuracy": score})
    features, test_features = mean_differences(codes), mean_differences(test_codes)
    model = quietly(classifier().fit, features, numbers)
    return MetricResult({"train_accuracy": float(np.mean(model.predict(features) == numbers)),
                         "eval_accuracy": float(np.mean(model.predict(test_features) == test_numbers))})


def mean_differences(codes: np.ndarray) -> np.ndarray:
    """Features (num_groups, num_codes) float64 of pairs of batches (2, num_groups, batch_size, num_codes).

    The mean absolute difference within each pair, computed in the codes' own precision."""
    chunks = range(0, codes.shape[1], CHUNK)
    return np.concatenate([np.mean(np.abs(codes[0, start:start + CHUNK] - codes[1, start:start + CHUNK]), axis=1)
                           for start in chunks]).astype(np.float64)


def _as_groups(groups: PairedGroups, name: str) -> tuple[np.ndarray, np.ndarray]:
    given, pairs = as_two(groups, f"{name} groups", "factor numbers and codes")
    numbers = as_indices(given, f"factor numbers of {name} groups", MOST_FACTORS)
    codes = as_numbers(pairs, f"codes of {name} groups", "(2, num_groups, batch_size, num_codes)")
    if numbers.ndim != 1 or codes.ndim != 4 or codes.shape[:2] != (2, len(numbers)):
        raise UserError(f"{name} groups have factor numbers of shape {numbers.shape} and codes of shape {codes.shape}; "
                        "expected (num_groups,) and (2, num_groups, batch_size, num_codes).")
    return numbers, codes
