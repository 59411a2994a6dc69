"""Multi-factor FactorVAE score, m-FVM (CFASL, TMLR 2024, arXiv:2401.08897, sec. 5): several factors are fixed."""

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
    "multi_factor_vae_score", paper="Jung et al. 2024", needs="groups",
    citations=("jung2024cfasl",),
    aliases=("multi_factor_vae", "m_fvm", "mfvm"),
    scores=(Score("eval_accuracy", "m-FVM", "k fixed factors always name the same k codes, k = 2 .. F - 1", (0, 1),
                  "medium",
                  "needs k active codes; rotated codes that answer alike score 1; many sets need many votes"),),
    other_keys={"train_accuracy": "high", "{k}:eval_accuracy": "high", "{k}:train_accuracy": "high",
                "num_active_dims_true": None})
def multi_factor_vae_score(codes: Any, groups: Iterable[tuple[Groups, Groups]], *,
                           threshold: float = 0.05) -> MetricResult:
    """Computes how often the codes that vary least name the factors that are fixed, for several fixed factors.

    Args:
        codes: (n, num_codes) of random points, whose variances are the scale of each code.
        groups: for each number k of fixed factors, train and test groups: the fixed factors (num_groups, k), and codes
            (num_groups, batch_size, num_codes).
        threshold: codes with a smaller standard deviation are not active.

    Returns:
        `eval_accuracy` in [0, 1], higher is better, the mean over k of `k:eval_accuracy`; the same for training votes;
        `num_active_dims_true`.  The k codes that vary least are a group's answer.  Each set of k factors should always
        give the same answer: the score is the share of test groups that give the answer most frequent in training,
        averaged over sets of factors.  NaN with fewer than k active codes.

    Raises:
        UserError: for arrays of other shapes.

    >>> codes = np.random.RandomState(0).rand(100, 3)
    >>> fixed = np.array([[0, 1], [0, 2], [1, 2]] * 10)
    >>> grouped = codes[np.random.RandomState(1).randint(100, size=(30, 8))]
    >>> grouped[np.arange(30)[:, np.newaxis], :, fixed] = 0.5
    >>> multi_factor_vae_score(codes, [((fixed, grouped), (fixed, grouped))])["2:eval_accuracy"]
    1.0
    """
    variances = np.var(as_codes(codes), axis=0, ddof=1)
    active, scores = active_codes(variances, threshold), {}
    for train, test in groups:
        samples = as_groups(train, "train", num_fixed=True), as_groups(test, "test", num_fixed=True)
        votes = votes_of_groups(samples, variances, active)
        scores[samples[0][0].shape[1]] = {
            "train_accuracy": float("nan") if votes is None else tuple_accuracy(votes[0], votes[0]),
            "eval_accuracy": float("nan") if votes is None else tuple_accuracy(votes[0], votes[1])}
    means = {key: float(np.mean([of_number[key] for of_number in scores.values()]))
             for key in ("eval_accuracy", "train_accuracy")}
    return MetricResult(means | {f"{number}:{key}": value for number, found in scores.items()
                                 for key, value in found.items()} | {"num_active_dims_true": int(active.sum())})
