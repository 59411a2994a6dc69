"""FactorVAE score as CFASL's and MIPET's own code computes it: few images, training votes only (arXiv:2401.08897)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..groups.votes import Groups, active_codes, as_groups, count_votes, vote_accuracies
from ..inputs import as_codes
from ..result import MetricResult


@Metric(
    "cfasl_factor_vae_score", paper="Jung et al. 2024", needs="groups",
    citations=("kim2018disentangling", "jung2024cfasl"),
    scores=(Score("train_accuracy", "FactorVAE score of CFASL, MIPET", "as FactorVAE", (0, 1), "medium",
                  "no vote is held out; variances of 100 images"),),
    other_keys={"num_active_dims_true": None})
def cfasl_factor_vae_score(codes: Any, train: Groups, *, threshold: float = 0.06) -> MetricResult:
    """Computes the share of the votes that their own majority explains.

    Args:
        codes: (n, num_codes) of random points, whose variances are the scale of each code.
        train: the fixed factor (num_groups,) of each group, and codes (num_groups, batch_size, num_codes).
        threshold: codes with a smaller standard deviation are not active; MIPET's is 0.

    Returns:
        `train_accuracy` in [0, 1], higher is better, 0 without an active code, and `num_active_dims_true`.
        No vote is held out, as in the projects' code.

    Raises:
        UserError: for arrays of other shapes.

    >>> codes = np.random.RandomState(0).rand(100, 2)
    >>> groups = codes[np.random.RandomState(1).randint(100, size=(40, 8))]
    >>> fixed = np.arange(40) % 2
    >>> groups[np.arange(40), :, fixed] = 0.5
    >>> cfasl_factor_vae_score(codes, (fixed, groups))["train_accuracy"]
    1.0
    """
    variances = np.var(as_codes(codes), axis=0, ddof=1)
    active = active_codes(variances, threshold)
    if not active.any():
        return MetricResult({"train_accuracy": 0.0, "num_active_dims_true": 0})
    fixed, grouped = as_groups(train, "train")
    votes = count_votes(fixed, grouped, variances, active, int(fixed.max()) + 1)
    return MetricResult({"train_accuracy": vote_accuracies(votes, votes)[0],
                         "num_active_dims_true": int(active.sum())})
