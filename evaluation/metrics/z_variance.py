"""Z-min and Z-max variance: FactorVAE's score and its complement on given points (arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ..sampling.labelled_groups import above_chance, numbers_of_groups, repeated_values, take_groups
from ..sampling.points import RepresentationFunction, sample_codes
from .factor_vae import active_codes, count_votes, vote_accuracies

Groups = tuple[np.ndarray, np.ndarray]
DrawGroups = Callable[[np.ndarray, int, int, int, int, np.random.RandomState], Groups | None]


def groups_with_a_value(factors: np.ndarray, factor: int, num_train: int, num_eval: int, batch_size: int,
                        random_state: np.random.RandomState) -> Groups | None:
    """Rows of groups that share a value of one factor; None where no value occurs twice."""
    values = repeated_values(factors[:, factor])
    if not len(values):
        return None
    chosen = random_state.choice(len(values), size=num_train + num_eval)
    members = [np.flatnonzero(factors[:, factor] == value) for value in values]
    return take_groups(members, chosen[:num_train], chosen[num_train:], np.unique(chosen).tolist(), batch_size,
                       random_state)


def groups_with_other_values(factors: np.ndarray, factor: int, num_train: int, num_eval: int, batch_size: int,
                             random_state: np.random.RandomState) -> Groups | None:
    """Rows of groups that share the values of all factors but one; None where no combination occurs twice."""
    _, first, labels = np.unique(np.delete(factors, factor, axis=1), axis=0, return_index=True, return_inverse=True)
    combinations = repeated_values(labels)
    combinations = combinations[np.argsort(first[combinations])]  # as they occur among the points
    if not len(combinations):
        return None
    chosen = random_state.randint(len(combinations), size=num_train + num_eval)
    members = [np.flatnonzero(labels == combination) for combination in combinations]
    return take_groups(members, chosen[:num_train], chosen[num_train:], dict.fromkeys(chosen.tolist()), batch_size,
                       random_state)


@gin.configurable("z_min_variance", denylist=RUNTIME_ARGUMENTS)
def compute_z_min_variance(ground_truth_data: Any, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_points: int = gin.REQUIRED, batch_size: int = gin.REQUIRED,
                           num_train: int = gin.REQUIRED, num_eval: int = gin.REQUIRED,
                           num_variance_estimate: int = gin.REQUIRED, sampling_batch_size: int = 16
                           ) -> dict[str, float]:
    """`z_min_variance`, at most 1, 0 for guessing, higher is better, and the same of the training votes.

    Points that share a value of one factor vote for the code that varies least (Kim and Mnih, arXiv:1802.05983).
    num_points: labelled points drawn once; groups of `batch_size` are taken from them, with repetition if need be."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_points, random_state,
                                  sampling_batch_size)
    return voted_scores("z_min_variance", codes, factors, groups_with_a_value, np.argmin, batch_size, num_train,
                        num_eval, num_variance_estimate, random_state)


@gin.configurable("z_max_variance", denylist=RUNTIME_ARGUMENTS)
def compute_z_max_variance(ground_truth_data: Any, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_points: int = gin.REQUIRED, batch_size: int = gin.REQUIRED,
                           num_train: int = gin.REQUIRED, num_eval: int = gin.REQUIRED,
                           num_variance_estimate: int = gin.REQUIRED, sampling_batch_size: int = 16
                           ) -> dict[str, float]:
    """`z_max_variance`, at most 1, 0 for guessing, higher is better, and the same of the training votes.

    Points that differ in one factor only vote for the code that varies most (Kim et al., Relevance Factor VAE,
    arXiv:1902.01568).  NaN where the sample holds no two points that differ in one factor: draw more points."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_points, random_state,
                                  sampling_batch_size)
    return voted_scores("z_max_variance", codes, factors, groups_with_other_values, np.argmax, batch_size, num_train,
                        num_eval, num_variance_estimate, random_state)


def voted_scores(key: str, codes: np.ndarray, factors: np.ndarray, draw_groups: DrawGroups,
                 winner: Callable[..., np.ndarray], batch_size: int, num_train: int, num_eval: int,
                 num_variance_estimate: int, random_state: np.random.RandomState) -> dict[str, float]:
    """Accuracies above chance, on evaluation and training votes, of groups of codes (n, num_codes)."""
    keys, num_factors = (key, f"{key}_train"), factors.shape[1]
    order = np.arange(len(codes))
    random_state.shuffle(order)
    variances = np.var(codes[order][:num_variance_estimate], axis=0, ddof=1)
    active = active_codes(variances)
    if not active.any() or num_factors < 2:
        return dict.fromkeys(keys, undefined(f"{key} needs an active code and two factors; there are "
                                             f"{int(active.sum())} and {num_factors}."))
    votes = [np.zeros((num_factors, codes.shape[1]), dtype=np.int64) for _ in range(2)]
    for factor, numbers in enumerate(zip(*numbers_of_groups(num_factors, num_train, num_eval, random_state),
                                         strict=True)):
        of_train, of_eval = map(int, numbers)
        groups = draw_groups(factors, factor, of_train, of_eval, batch_size, random_state)
        if groups is None:
            return dict.fromkeys(keys, undefined(f"No two of {len(codes)} points can form a group for factor {factor}; "
                                                 "draw more points."))
        for counts, rows in zip(votes, groups, strict=True):
            np.add(counts, count_votes(np.full(len(rows), factor), codes[rows], variances, active, num_factors, winner),
                   out=counts)
    train, evaluation = vote_accuracies(*votes)
    return {key: above_chance(evaluation, num_factors), f"{key}_train": above_chance(train, num_factors)}
