"""Unsupervised Disentanglement Ranking (Duan et al., ICLR 2020, arXiv:1905.12614), as in disentanglement_lib."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import gin
import numpy as np

from ...common.errors import UnknownNameError, UserError
from ...metrics.estimators.jobs import run_processes

logger = logging.getLogger(__name__)

# From observations to codes (n, num_codes) and each code's KL divergence from the prior, averaged over the n.
DivergingRepresentation = Callable[[Any], tuple[np.ndarray, np.ndarray]]
CORRELATIONS = ("lasso", "spearman")
RUN_TIME_ARGUMENTS = ["ground_truth_data", "representation_functions", "random_state", "artifact_dir"]


def relative_strength(correlations: np.ndarray) -> float:
    """How far each code of one model is matched by one code of the other, in [0, 1], higher is better (sec. 3).

    correlations: (codes of one model, codes of the other), not negative.  0 when a model has no code left."""
    if not correlations.size:
        return 0.0
    strengths = []
    for axis in (0, 1):
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.power(np.max(correlations, axis=axis), 2) / np.sum(correlations, axis=axis)
        strengths.append(np.mean(np.nan_to_num(shares)))
    return float(sum(strengths) / 2)


def lasso_correlations(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(num_codes, num_others) absolute coefficients of a Lasso that predicts one model's codes from another's."""
    from sklearn.linear_model import Lasso

    coefficients = Lasso(alpha=0.1).fit(codes, others).coef_
    return np.transpose(np.absolute(np.reshape(coefficients, (others.shape[1], codes.shape[1]))))


def spearman_correlations(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(num_codes, num_others) absolute rank correlations; NaN with a constant code."""
    from scipy.stats import spearmanr

    return np.array([[abs(spearmanr(code, other, nan_policy="omit")[0]) for other in others.T] for code in codes.T])


@gin.configurable("udr_sklearn", denylist=RUN_TIME_ARGUMENTS)
def compute_udr_sklearn(ground_truth_data: Any, representation_functions: Sequence[DivergingRepresentation],
                        random_state: np.random.RandomState, batch_size: int = gin.REQUIRED,
                        num_data_points: int = gin.REQUIRED, correlation_matrix: str = "lasso",
                        filter_low_kl: bool = True, include_raw_correlations: bool = True,
                        kl_filter_threshold: float = 0.01, kl_mask_threshold: float = 0.01,
                        artifact_dir: str | None = None) -> dict[str, Any]:
    """`model_scores`, one for each model in [0, 1], higher is better: the median agreement with the other models.

    reference: codes with a KL divergence of `kl_mask_threshold` or less are zeroed whatever `kl_filter_threshold` is.
    Raises UserError for fewer than two models, an unknown correlation, and points that do not fill their batches."""
    if len(representation_functions) < 2:
        raise UserError(f"UDR compares models; got {len(representation_functions)}, expected two or more.")
    if correlation_matrix not in CORRELATIONS:
        raise UnknownNameError("correlation matrix", correlation_matrix, CORRELATIONS)
    if num_data_points % batch_size:
        raise UserError(f"udr_sklearn.num_data_points is {num_data_points}; expected a multiple of "
                        f"udr_sklearn.batch_size, {batch_size}.")
    batches = [ground_truth_data.sample_observations(batch_size, random_state)
               for _ in range(num_data_points // batch_size)]
    models = [_standardised(function, batches, kl_mask_threshold) for function in representation_functions]
    correlations = _all_correlations([codes for codes, _ in models], correlation_matrix)
    masks = [divergence > kl_filter_threshold if filter_low_kl else np.ones(len(divergence), dtype=bool)
             for _, divergence in models]
    for number, mask in enumerate(masks):
        if not mask.any():
            logger.warning("Model %d has no code with a KL divergence above %s; it agrees with none and scores 0.",
                           number, kl_filter_threshold)
    scores = np.array([[0.0 if matrix is None else relative_strength(matrix[masks[i]][:, masks[j]])
                        for j, matrix in enumerate(row)] for i, row in enumerate(correlations)])
    raw = {"raw_correlations": _nested(correlations)} if include_raw_correlations else {}
    return {**raw, "pairwise_disentanglement_scores": scores[..., np.newaxis].tolist(),
            "model_scores": [float(np.median(np.delete(scores[:, j], j))) for j in range(len(models))]}


def _standardised(function: DivergingRepresentation, batches: Sequence[Any],
                  kl_mask_threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """A model's codes (n, num_codes) float64 with mean 0 and variance 1, and its KL divergences (num_codes,)."""
    from sklearn.preprocessing import StandardScaler

    codes, divergences = zip(*(function(batch) for batch in batches), strict=True)
    divergence = np.mean(np.array(divergences, dtype=np.float64), axis=0)
    standard = StandardScaler().fit_transform(np.concatenate(codes).astype(np.float64))
    return standard * (divergence > kl_mask_threshold), divergence


def _all_correlations(codes: Sequence[np.ndarray], kind: str) -> list[list[np.ndarray | None]]:
    """For models i and j the matrix (codes of i, codes of j); None on the diagonal."""
    pairs = [(i, j) for i in range(len(codes)) for j in range(len(codes)) if i != j]
    correlate = lasso_correlations if kind == "lasso" else spearman_correlations
    found: list[list[np.ndarray | None]] = [[None] * len(codes) for _ in codes]
    for (i, j), matrix in zip(pairs, run_processes(correlate, [(codes[i], codes[j]) for i, j in pairs]), strict=True):
        found[i][j] = matrix
    return found


def _nested(correlations: Sequence[Sequence[np.ndarray | None]]) -> list[list[list[list[float]]]]:
    """As lists, zeros on the diagonal; models may have different numbers of codes."""
    sizes = [len(next(matrix for matrix in row if matrix is not None)) for row in correlations]
    return [[np.zeros((sizes[i], sizes[i])).tolist() if matrix is None else matrix.tolist()
             for matrix in row] for i, row in enumerate(correlations)]
