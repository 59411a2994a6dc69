"""FactorVAE score (Kim and Mnih, Disentangling by Factorising, arXiv:1802.05983, sec. 4), as in disentanglement_lib."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...common.errors import UserError
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes, sample_groups

logger = logging.getLogger(__name__)

CHUNK = 1000  # votes whose codes are reduced at a time


def vote_accuracies(train_votes: np.ndarray, eval_votes: np.ndarray) -> tuple[float, float]:
    """Share of the votes that a majority vote per code explains, on train and evaluation votes.

    votes: (num_factors, num_codes) counts.  Each code predicts the factor that gave it most training votes, the
    first one on ties.  Both in [0, 1], higher is better, chance is about 1 / num_factors."""
    classifier, columns = np.argmax(train_votes, axis=0), np.arange(train_votes.shape[1])
    return (float(np.sum(train_votes[classifier, columns]) * 1.0 / np.sum(train_votes)),
            float(np.sum(eval_votes[classifier, columns]) * 1.0 / np.sum(eval_votes)))


def count_votes(numbers: np.ndarray, codes: np.ndarray, global_variances: np.ndarray, active: np.ndarray,
                num_factors: int, winner: Callable[..., np.ndarray] = np.argmin) -> np.ndarray:
    """Votes (num_factors, num_codes): each group votes for the code that varies least, relative to all points.

    numbers: (num_groups,) the factor that is fixed in each group.  codes: (num_groups, batch_size, num_codes).
    winner: `np.argmax` for the code that varies most.
    reference: column j of the votes is the j-th active code; codes that are not active get no column's votes."""
    votes = np.zeros((num_factors, len(global_variances)), dtype=np.int64)
    for start in range(0, len(codes), CHUNK):
        local_variances = np.var(codes[start:start + CHUNK], axis=1, ddof=1)
        winners = winner(local_variances[:, active] / global_variances[active], axis=1)
        np.add.at(votes, (numbers[start:start + CHUNK], winners), 1)
    return votes


@gin.configurable("prune_dims", denylist=["variances"])
def active_codes(variances: np.ndarray, threshold: float = 0.0) -> np.ndarray:
    """Mask (num_codes,) of codes whose standard deviation is at least `threshold`; NaN is inactive."""
    active = np.sqrt(variances) >= threshold
    constant = np.flatnonzero(active & (variances == 0))
    if len(constant):
        # reference: 0 / 0 is NaN, and the smallest of values with a NaN is the NaN
        logger.warning("Codes %s are constant and get every vote; bind prune_dims.threshold, published 0.05.",
                       constant.tolist())
    return active


@gin.configurable("factor_vae_score", denylist=RUNTIME_ARGUMENTS)
def compute_factor_vae(ground_truth_data: Any, representation_function: RepresentationFunction,
                       random_state: np.random.RandomState, artifact_dir: str | None = None,
                       batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED, num_eval: int = gin.REQUIRED,
                       num_variance_estimate: int = gin.REQUIRED) -> dict[str, float]:
    """`train_accuracy` and `eval_accuracy` in [0, 1], higher is better, and numbers of active codes.

    reference: `num_active_dims` counts all codes; `num_active_dims_true` the active ones.
    Raises UserError for batches of one, which have no variance."""
    if batch_size < 2:
        raise UserError(f"factor_vae_score.batch_size is {batch_size}; a variance needs at least 2 points.")
    codes, _ = sample_codes(ground_truth_data, representation_function, num_variance_estimate, random_state,
                            num_variance_estimate)
    variances = np.var(codes, axis=0, ddof=1)
    active = active_codes(variances)
    if not active.any():
        return {"train_accuracy": 0.0, "eval_accuracy": 0.0, "num_active_dims": 0, "num_active_dims_true": 0}
    votes = []
    for num_groups in (num_train, num_eval):
        numbers, grouped = sample_groups(ground_truth_data, representation_function, num_groups, batch_size, 1,
                                         _fix_factor, random_state)
        with np.errstate(invalid="ignore"):
            votes.append(count_votes(numbers, grouped[0], variances, active, ground_truth_data.num_factors))
    save_matrix(artifact_dir, "votes", _by_code(votes[0], active).T, ground_truth_data)
    train_accuracy, eval_accuracy = vote_accuracies(*votes)
    return {"train_accuracy": train_accuracy, "eval_accuracy": eval_accuracy, "num_active_dims": len(active),
            "num_active_dims_true": int(active.sum())}


def _fix_factor(factors: np.ndarray, numbers: np.ndarray) -> None:
    """Gives the chosen factor of each group the value of the group's first point."""
    groups = np.arange(len(numbers))
    for of_set in factors:
        of_set[groups, :, numbers] = of_set[groups, 0, numbers][:, np.newaxis]


def _by_code(votes: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Votes with the columns where the codes are."""
    placed = np.zeros_like(votes)
    placed[:, active] = votes[:, :int(active.sum())]
    return placed
