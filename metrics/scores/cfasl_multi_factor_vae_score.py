"""m-FVM as CFASL's own code computes it: few images, training votes only (arXiv:2401.08897)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..groups.tuple_votes import tuple_accuracy, votes_of_groups
from ..groups.votes import Groups, active_codes, as_groups
from ..inputs import as_codes
from ..result import MetricResult


@Metric(
    "cfasl_multi_factor_vae_score", paper="Jung et al. 2024", needs="groups",
    citations=("jung2024cfasl",),
    scores=(Score("train_accuracy", "m-FVM of CFASL", "as m-FVM", (0, 1), "medium",
                  "a set of factors seen once scores 1"),),
    other_keys={"{k}:train_accuracy": "high", "num_active_dims_true": None})
def cfasl_multi_factor_vae_score(codes: Any, groups: Iterable[Groups], *, threshold: float = 0.06) -> MetricResult:
    """Computes m-FVM of training votes.

    Args:
        codes: (n, num_codes) of random points, whose variances are the scale of each code.
        groups: for each number k of fixed factors, the fixed factors (num_groups, k) and codes
            (num_groups, batch_size, num_codes).
        threshold: codes with a smaller standard deviation are not active.

    Returns:
        `k:train_accuracy` in (0, 1] for each k, higher is better, their mean `train_accuracy`, and
        `num_active_dims_true`.  No vote is held out, so a set of factors that was seen once scores 1; see
        `multi_factor_vae_score`.

    Raises:
        UserError: for arrays of other shapes.

    >>> codes = np.random.RandomState(0).rand(100, 3)
    >>> fixed = np.array([[0, 1], [0, 2], [1, 2]] * 10)
    >>> grouped = codes[np.random.RandomState(1).randint(100, size=(30, 8))]
    >>> grouped[np.arange(30)[:, np.newaxis], :, fixed] = 0.5
    >>> cfasl_multi_factor_vae_score(codes, [(fixed, grouped)])["2:train_accuracy"]
    1.0
    """
    variances = np.var(as_codes(codes), axis=0, ddof=1)
    active, scores = active_codes(variances, threshold), {}
    for of_number in groups:
        train = as_groups(of_number, "train", num_fixed=True)
        votes = votes_of_groups([train], variances, active)
        scores[train[0].shape[1]] = float("nan") if votes is None else tuple_accuracy(votes[0], votes[0])
    return MetricResult({"train_accuracy": float(np.mean(list(scores.values())))}
                        | {f"{number}:train_accuracy": score for number, score in scores.items()}
                        | {"num_active_dims_true": int(active.sum())})
