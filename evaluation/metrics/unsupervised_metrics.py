"""Scores that need no factors: how far the codes are from independent (Locatello et al., arXiv:1811.12359)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import discretize, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


def gaussian_total_correlation(covariance: np.ndarray) -> float:
    """KL divergence in nats between N(0, covariance) and the product of its marginals, not negative.

    covariance: (num_codes, num_codes).  Undefined when a code is constant."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(0.5 * (np.sum(np.log(np.diag(covariance))) - np.linalg.slogdet(covariance)[1]))


def gaussian_wasserstein_correlation(covariance: np.ndarray, symmetric: bool = False) -> float:
    """Squared 2-Wasserstein distance between N(0, covariance) and the product of its marginals, not negative.

    symmetric: take the root of the symmetric matrix with the same trace, which is stable near singularity."""
    from scipy.linalg import sqrtm

    diagonal = np.diag(covariance)
    if symmetric:
        scaled = covariance * np.sqrt(np.outer(diagonal, diagonal))
        root_trace = np.sum(np.sqrt(np.clip(np.linalg.eigvalsh(scaled), 0, None)))
    else:
        root_trace = np.trace(sqrtm(covariance * diagonal[:, np.newaxis])).real
    return float(2 * np.trace(covariance) - 2 * root_trace)


def mean_off_diagonal(matrix: np.ndarray) -> float:
    """Mean over ordered pairs of different codes of a (num_codes, num_codes) matrix, such as mutual information."""
    matrix = matrix.copy()
    np.fill_diagonal(matrix, 0)
    return float(np.sum(matrix) / (len(matrix) ** 2 - len(matrix)))


@gin.configurable("unsupervised_metrics", denylist=RUNTIME_ARGUMENTS)
def unsupervised_metrics(ground_truth_data: Any, representation_function: RepresentationFunction,
                         random_state: np.random.RandomState, artifact_dir: str | None = None,
                         num_train: int = gin.REQUIRED, batch_size: int = 16,
                         symmetric_root: bool = False) -> dict[str, float]:
    """Total and Wasserstein correlation and mean mutual information of the codes; lower is more independent."""
    codes, _ = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    if codes.shape[1] < 2:
        score = undefined("Independence is a matter of two codes; the representation has one.")
        return dict.fromkeys(("gaussian_total_correlation", "gaussian_wasserstein_correlation",
                              "gaussian_wasserstein_correlation_norm", "mutual_info_score"), score)
    covariance = np.cov(codes.T)
    constant = np.flatnonzero(np.diag(covariance) == 0)
    if len(constant):
        undefined(f"Codes {constant.tolist()} are constant, so the codes have no density and no total correlation.")
    wasserstein = gaussian_wasserstein_correlation(covariance, symmetric_root)
    bins = discretize(codes)
    information = mutual_information_matrix(bins, bins)
    save_matrix(artifact_dir, "mutual_information_of_codes", information)
    return {
        "gaussian_total_correlation": gaussian_total_correlation(covariance),
        "gaussian_wasserstein_correlation": wasserstein,
        "gaussian_wasserstein_correlation_norm": float(wasserstein / np.sum(np.diag(covariance))),
        "mutual_info_score": mean_off_diagonal(information),
    }
