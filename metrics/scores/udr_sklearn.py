"""Unsupervised Disentanglement Ranking (Duan et al., ICLR 2020, arXiv:1905.12614), as in disentanglement_lib."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.errors import UnknownNameError, UserError
from ...common.numerics.array_likes import as_numbers
from ..declaration import Metric, Score
from ..estimators.jobs import run_processes
from ..inputs import as_codes, check_same_length
from ..result import MetricResult

logger = logging.getLogger(__name__)

CORRELATIONS = ("lasso", "spearman")


@Metric(
    "udr_sklearn", paper="Duan et al. 2020", needs="models",
    citations=("duan2020unsupervised",),
    aliases=("udr", "udr_lasso"),
    scores=(Score("model_scores", "UDR", "models agree up to permutation and sign", (0, 1), "small",
                  "needs several models; without a posterior every code counts as active"),),
    other_keys={"pairwise_disentanglement_scores": "high", "raw_correlations": None})
def udr_sklearn(codes: Sequence[Any], divergences: Sequence[Any] | None = None, *, correlation_matrix: str = "lasso",
                filter_low_kl: bool = True, include_raw_correlations: bool = True, kl_filter_threshold: float = 0.01,
                kl_mask_threshold: float = 0.01, n_jobs: int | None = None) -> MetricResult:
    """Computes how far the codes of each model agree with those of the others.

    Args:
        codes: of each model (n, num_codes) of the same points; models may have different numbers of codes.
        divergences: of each model, each code's mean KL divergence from the prior (num_codes,) in nats; by default all
            codes are active.
        correlation_matrix: "lasso" or "spearman".
        filter_low_kl: whether to leave out codes with a divergence of at most `kl_filter_threshold`.
        include_raw_correlations: whether to return `raw_correlations`.
        kl_mask_threshold: codes with a divergence of at most this are zeroed, as in the reference.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `model_scores`, one for each model in [0, 1], higher is better: the median agreement with the other models.
        `pairwise_disentanglement_scores` (num_models, num_models, 1) and `raw_correlations`, as nested lists.

    Raises:
        UserError: for fewer than two models, an unknown correlation, and arrays of other shapes.

    >>> codes = np.random.RandomState(0).randn(200, 2)
    >>> [round(score, 2) for score in udr_sklearn([codes, -codes[:, ::-1]])["model_scores"]]
    [0.9, 0.9]
    """
    models = [as_codes(of_model, f"codes of model {number}").astype(np.float64)
              for number, of_model in enumerate(codes)]
    if len(models) < 2:
        raise UserError(f"UDR compares models; got {len(models)}, expected two or more.")
    check_same_length(models, [f"model {number}" for number in range(len(models))])
    if correlation_matrix not in CORRELATIONS:
        raise UnknownNameError("correlation matrix", correlation_matrix, CORRELATIONS)
    found = _as_divergences(divergences, models)
    correlations = _all_correlations([_standardised(of_model) * (divergence > kl_mask_threshold)
                                      for of_model, divergence in zip(models, found, strict=True)],
                                     correlation_matrix, n_jobs)
    masks = [divergence > kl_filter_threshold if filter_low_kl else np.ones(len(divergence), dtype=bool)
             for divergence in found]
    for number, mask in enumerate(masks):
        if not mask.any():
            logger.warning("Model %d has no code with a KL divergence above %s; it agrees with none and scores 0.",
                           number, kl_filter_threshold)
    scores = np.array([[0.0 if matrix is None else relative_strength(matrix[masks[i]][:, masks[j]])
                        for j, matrix in enumerate(row)] for i, row in enumerate(correlations)])
    raw = {"raw_correlations": _nested(correlations)} if include_raw_correlations else {}
    return MetricResult({**raw, "pairwise_disentanglement_scores": scores[..., np.newaxis].tolist(),
                         "model_scores": [float(np.median(np.delete(scores[:, j], j))) for j in range(len(models))]})


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


def _as_divergences(divergences: Sequence[Any] | None, models: Sequence[np.ndarray]) -> list[np.ndarray]:
    found = [np.ones(of_model.shape[1]) for of_model in models] if divergences is None else [
        as_numbers(of_model, f"divergences of model {number}", "(num_codes,)").astype(np.float64)
        for number, of_model in enumerate(divergences)]
    shapes, expected = [of_model.shape for of_model in found], [(of_model.shape[1],) for of_model in models]
    if shapes != expected:
        raise UserError(f"divergences have shapes {shapes}; expected one number for each code of each model, "
                        f"{expected}.")
    return found


def _standardised(codes: np.ndarray) -> np.ndarray:
    """Codes (n, num_codes) with mean 0 and variance 1."""
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(codes))


def _all_correlations(codes: Sequence[np.ndarray], kind: str, n_jobs: int | None) -> list[list[np.ndarray | None]]:
    """For models i and j the matrix (codes of i, codes of j); None on the diagonal."""
    pairs = [(i, j) for i in range(len(codes)) for j in range(len(codes)) if i != j]
    correlate = lasso_correlations if kind == "lasso" else spearman_correlations
    tasks = [(codes[i], codes[j]) for i, j in pairs]
    found: list[list[np.ndarray | None]] = [[None] * len(codes) for _ in codes]
    for (i, j), matrix in zip(pairs, run_processes(correlate, tasks, n_jobs), strict=True):
        found[i][j] = matrix
    return found


def _nested(correlations: Sequence[Sequence[np.ndarray | None]]) -> list[list[list[list[float]]]]:
    """As lists, zeros on the diagonal; models may have different numbers of codes."""
    sizes = [len(next(matrix for matrix in row if matrix is not None)) for row in correlations]
    return [[np.zeros((sizes[i], sizes[i])).tolist() if matrix is None else matrix.tolist()
             for matrix in row] for i, row in enumerate(correlations)]
