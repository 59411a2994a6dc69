"""Votes of groups that are taken from one sample of given points: Z-min and Z-max variance (arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..undefined import factor_labels, undefined
from .labelled import numbers_of_groups
from .votes import above_chance, active_codes, count_votes, vote_accuracies

Rows = tuple[np.ndarray, np.ndarray]
# Of factors, a factor's number, numbers of train and evaluation groups, batch size and stream to rows of both.
DrawGroups = Callable[[np.ndarray, int, int, int, int, np.random.RandomState], Rows | None]


def voted_scores(key: str, codes: np.ndarray, factors: np.ndarray, draw_groups: DrawGroups,
                 winner: Callable[..., np.ndarray], batch_size: int, num_train: int, num_eval: int,
                 num_variance_estimate: int, threshold: float, stream: np.random.RandomState) -> dict[str, float]:
    """Accuracies above chance, on evaluation and training votes, of groups of codes (n, num_codes)."""
    keys, num_factors = (key, f"{key}_train"), factors.shape[1]
    order = np.arange(len(codes))
    stream.shuffle(order)
    variances = np.var(codes[order][:num_variance_estimate], axis=0, ddof=1)
    active = active_codes(variances, threshold)
    if not active.any() or num_factors < 2:
        return dict.fromkeys(keys, undefined(f"{key} needs an active code and two factors; there are "
                                             f"{int(active.sum())} and {num_factors}."))
    votes = [np.zeros((num_factors, codes.shape[1]), dtype=np.int64) for _ in range(2)]
    for factor, numbers in enumerate(zip(*numbers_of_groups(num_factors, num_train, num_eval, stream), strict=True)):
        of_train, of_eval = map(int, numbers)
        groups = draw_groups(factors, factor, of_train, of_eval, batch_size, stream)
        if groups is None:
            return dict.fromkeys(keys, undefined(f"No two of {len(codes)} points can form a group for "
                                                 f"{factor_labels([factor])}; "
                                                 "draw more points."))
        for counts, rows in zip(votes, groups, strict=True):
            np.add(counts, count_votes(np.full(len(rows), factor), codes[rows], variances, active, num_factors, winner),
                   out=counts)
    train, evaluation = vote_accuracies(votes[0], votes[1])
    return {key: above_chance(evaluation, num_factors), f"{key}_train": above_chance(train, num_factors)}
