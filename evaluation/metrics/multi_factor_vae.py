"""Multi-factor FactorVAE score, m-FVM (CFASL, TMLR 2024, arXiv:2401.08897, sec. 5): several factors are fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...common.errors import UserError
from ...metrics.context import undefined
from ..sampling.points import RepresentationFunction, sample_codes, sample_groups
from .factor_vae import CHUNK, active_codes


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


def numbers_of_fixed_factors(num_fixed_factors: Sequence[int] | None, num_factors: int) -> list[int]:
    """The given numbers, by default 2 to num_factors - 1.  Raises UserError for others, or where there are none."""
    numbers = list(range(2, num_factors)) if num_fixed_factors is None else list(num_fixed_factors)
    if not numbers or min(numbers) < 1 or max(numbers) >= num_factors:
        raise UserError(f"m-FVM fixes 2 to {num_factors - 1} of a data set's factors; got num_fixed_factors = "
                        f"{num_fixed_factors} for {num_factors} factors.")
    return numbers


@gin.configurable("multi_factor_vae_score", denylist=RUNTIME_ARGUMENTS)
def compute_multi_factor_vae(ground_truth_data: Any, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_eval: int = gin.REQUIRED, num_variance_estimate: int = gin.REQUIRED,
                             num_fixed_factors: Sequence[int] | None = None) -> dict[str, float]:
    """`eval_accuracy` in [0, 1], higher is better, the mean over k of `k:eval_accuracy`; the same for training votes.

    k factors are fixed in a group of images; the k codes that vary least are its answer.  Each set of k factors should
    always give the same answer: the score is the share of held-out groups that give the answer most frequent in
    training, averaged over sets of factors.  By default k = 2 .. num_factors - 1.  CFASL's own code has no held-out
    groups (`cfasl_multi_factor_vae_score`).  Undefined with fewer than k active codes (`prune_dims.threshold`)."""
    numbers = numbers_of_fixed_factors(num_fixed_factors, ground_truth_data.num_factors)
    codes, _ = sample_codes(ground_truth_data, representation_function, num_variance_estimate, random_state,
                            num_variance_estimate)
    variances = np.var(codes, axis=0, ddof=1)
    active = active_codes(variances)
    scores = {}
    for number in numbers:
        tuples = list(combinations(range(ground_truth_data.num_factors), number))
        chosen, grouped = zip(*(sample_groups(
            ground_truth_data, representation_function, num_groups, batch_size, 1, fix_factors(tuples), random_state,
            len(tuples)) for num_groups in (num_train, num_eval)), strict=True)
        scores[number] = held_out_accuracies(chosen, [of_set[0] for of_set in grouped], variances, active, number,
                                             len(tuples))
    return {key: float(np.mean([of_number[key] for of_number in scores.values()]))
            for key in ("eval_accuracy", "train_accuracy")} | {
        f"{number}:{key}": value for number, found in scores.items() for key, value in found.items()} | {
        "num_active_dims_true": int(active.sum())}


def held_out_accuracies(chosen: Sequence[np.ndarray], grouped: Sequence[np.ndarray], variances: np.ndarray,
                        active: np.ndarray, number: int, num_tuples: int) -> dict[str, float]:
    """Accuracies of train and evaluation groups; chosen: their factor tuples, grouped: their codes."""
    if too_few_active(active, number):
        return dict.fromkeys(("train_accuracy", "eval_accuracy"), float("nan"))
    named = [steadiest_codes(codes, variances, active, number) for codes in grouped]
    train_votes, eval_votes = count_tuples(chosen, named, num_tuples)
    return {"train_accuracy": tuple_accuracy(train_votes, train_votes),
            "eval_accuracy": tuple_accuracy(train_votes, eval_votes)}


def too_few_active(active: np.ndarray, number: int) -> bool:
    """Whether fewer codes are active than are to be named, which leaves the score undefined."""
    if active.sum() < number:
        undefined(f"m-FVM with {number} fixed factors names {number} codes, but {int(active.sum())} are active.")
        return True
    return False


def fix_factors(tuples: Sequence[tuple[int, ...]]) -> Callable[[np.ndarray, np.ndarray], None]:
    """An intervention that gives the factors of each group's tuple the values of the group's first point."""

    def intervene(factors: np.ndarray, numbers: np.ndarray) -> None:
        groups = np.arange(len(numbers))
        for position in range(len(tuples[0])):
            columns = np.array([of_tuple[position] for of_tuple in tuples])[numbers]
            for of_set in factors:
                of_set[groups, :, columns] = of_set[groups, 0, columns][:, np.newaxis]

    return intervene
