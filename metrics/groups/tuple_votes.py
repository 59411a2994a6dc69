"""Votes of groups in which several factors are fixed, for the tuple of codes that vary least (arXiv:2401.08897)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..undefined import undefined
from .votes import CHUNK


def steadiest_codes(codes: np.ndarray, variances: np.ndarray, active: np.ndarray, num_named: int) -> np.ndarray:
    """(num_groups, num_named) the active codes that vary least in each group relative to all points, ascending.

    codes: (num_groups, batch_size, num_codes); variances, active: (num_codes,)."""
    named = []
    for start in range(0, len(codes), CHUNK):
        local = np.var(codes[start:start + CHUNK], axis=1, ddof=1)[:, active] / variances[active]
        named.append(np.sort(np.argsort(local, axis=1, kind="stable")[:, :num_named], axis=1))
    return np.concatenate(named)


def count_tuples(numbers: Sequence[np.ndarray], named: Sequence[np.ndarray], num_tuples: int) -> list[np.ndarray]:
    """For each set of groups, votes (num_tuples, number of different answers): factor tuple by tuple of codes.

    numbers: the factor tuple (num_groups,) of each group of a set; named: its answer (num_groups, num_named)."""
    _, answers = np.unique(np.concatenate(named), axis=0, return_inverse=True)
    votes, start = [], 0
    for of_set in numbers:
        counts = np.zeros((num_tuples, int(answers.max()) + 1), dtype=np.int64)
        np.add.at(counts, (of_set, answers[start:start + len(of_set)]), 1)
        votes.append(counts)
        start += len(of_set)
    return votes


def tuple_accuracy(train_votes: np.ndarray, votes: np.ndarray) -> float:
    """Mean over the factor tuples in `votes` of the share that the tuple's most frequent training answer explains.

    votes: (num_tuples, num_answers).  In [0, 1], higher is better; a tuple without training votes explains nothing."""
    winners, rows = np.argmax(train_votes, axis=1), np.flatnonzero(votes.sum(axis=1))
    explained = np.where(train_votes[rows].any(axis=1), votes[rows, winners[rows]], 0)
    return float(np.mean(explained / votes[rows].sum(axis=1)))


def votes_of_groups(groups: Sequence[tuple[np.ndarray, np.ndarray]], variances: np.ndarray,
                    active: np.ndarray) -> list[np.ndarray] | None:
    """The votes of each set of groups: fixed factors (num_groups, k) and codes (num_groups, batch_size, num_codes).

    None, with a warning, where fewer than k codes are active: the score is undefined."""
    num_fixed = groups[0][0].shape[1]
    if active.sum() < num_fixed:
        undefined(f"m-FVM with {num_fixed} fixed factors names {num_fixed} codes, but {int(active.sum())} are active.")
        return None
    tuples, numbers = np.unique(np.concatenate([np.sort(fixed, axis=1) for fixed, _ in groups]), axis=0,
                                return_inverse=True)
    sizes = np.cumsum([len(fixed) for fixed, _ in groups])[:-1]
    named = [steadiest_codes(codes, variances, active, num_fixed) for _, codes in groups]
    return count_tuples(np.split(numbers, sizes), named, len(tuples))
