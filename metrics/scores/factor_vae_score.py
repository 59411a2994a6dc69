"""FactorVAE score (Kim and Mnih, Disentangling by Factorising, arXiv:1802.05983, sec. 4), as in disentanglement_lib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..groups.votes import Groups, active_codes, as_groups, count_votes, vote_accuracies
from ..inputs import as_codes
from ..result import MetricResult


@Metric(
    "factor_vae_score", paper="Kim and Mnih 2018", needs="groups",
    citations=("kim2018disentangling",),
    matrices=(Matrix("votes", "FactorVAE votes", "votes", "How often a code varied least while a factor was fixed."),),
    aliases=("factor_vae", "factor_vae_metric", "factorvae", "fvm"),
    scores=(Score("eval_accuracy", "FactorVAE score", "the code that varies least names the fixed factor", (0, 1),
                  "small", "hinges on `prune_dims.threshold`; ignores several codes for one factor", chance="1/F"),),
    other_keys={"train_accuracy": "high", "num_active_dims": None, "num_active_dims_true": None})
def factor_vae_score(codes: Any, train: Groups, test: Groups, *, threshold: float = 0.05,
                     num_factors: int | None = None) -> MetricResult:
    """Computes how well the code that varies least in a group of points names the factor that is fixed in it.

    Args:
        codes: (n, num_codes) of random points, whose variances are the scale of each code.
        train: the fixed factor (num_groups,) of each group, and codes (num_groups, batch_size, num_codes).
        test: other groups, of the same shapes but for their number.
        threshold: codes with a smaller standard deviation are not active.
        num_factors: number of factors, by default the largest fixed one plus 1.

    Returns:
        `train_accuracy` and `eval_accuracy` in [0, 1], higher is better; 0 without an active code.
        `num_active_dims_true`: number of active codes; `num_active_dims`: in the reference that of all codes.
        Matrix `votes` of the training groups.

    Raises:
        UserError: for arrays of other shapes and groups of one point, which have no variance.

    >>> codes = np.random.RandomState(0).rand(100, 2)
    >>> groups = codes[np.random.RandomState(1).randint(100, size=(40, 8))]
    >>> fixed = np.arange(40) % 2
    >>> groups[np.arange(40), :, fixed] = 0.5
    >>> factor_vae_score(codes, (fixed, groups), (fixed, groups))["eval_accuracy"]
    1.0
    """
    variances = np.var(as_codes(codes), axis=0, ddof=1)
    active = active_codes(variances, threshold)
    if not active.any():
        return MetricResult({"train_accuracy": 0.0, "eval_accuracy": 0.0, "num_active_dims": 0,
                             "num_active_dims_true": 0})
    samples = as_groups(train, "train"), as_groups(test, "test")
    number = num_factors or int(max(fixed.max() for fixed, _ in samples)) + 1
    votes = [count_votes(fixed, grouped, variances, active, number) for fixed, grouped in samples]
    train_accuracy, eval_accuracy = vote_accuracies(votes[0], votes[1])
    return MetricResult({"train_accuracy": train_accuracy, "eval_accuracy": eval_accuracy,
                         "num_active_dims": len(active), "num_active_dims_true": int(active.sum())},
                        {"votes": _by_code(votes[0], active).T})


def _by_code(votes: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Votes with the columns where the codes are."""
    placed = np.zeros_like(votes)
    placed[:, active] = votes[:, :int(active.sum())]
    return placed
