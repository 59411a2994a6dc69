"""Scores that need no factors: how far the codes are from independent (Locatello et al., arXiv:1811.12359)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..information.discretization import Discretizer, discretize, histogram_discretize, mutual_information_matrix
from ..inputs import as_codes
from ..result import MetricResult
from ..undefined import undefined


@Metric(
    "unsupervised_metrics", paper="Locatello et al. 2019", needs="points", aliases=("unsupervised",),
    citations=("locatello2019challenging",),
    matrices=(Matrix("mutual_information_of_codes", "Mutual information of codes", "nats", "What two codes share.",
                     columns="code"),),
    scores=(Score("gaussian_total_correlation", "unsupervised scores", "independent codes, no labels used",
                  (0, float("inf")), "small", "a constant code makes the total correlation NaN", better="low"),),
    other_keys={"gaussian_wasserstein_correlation": "low", "gaussian_wasserstein_correlation_norm": "low",
                "mutual_info_score": "low"})
def unsupervised_metrics(codes: Any, factors: Any = None, *, num_bins: int = 20,
                         discretizer: Discretizer = histogram_discretize, symmetric_root: bool = False
                         ) -> MetricResult:
    """Computes total correlation, Wasserstein correlation and mean mutual information of codes.

    Args:
        codes: (n, num_codes) numbers.
        factors: not used.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.
        symmetric_root: whether to take the matrix root that is stable near singularity; the reference does not.

    Returns:
        `gaussian_total_correlation` and `mutual_info_score` in nats, `gaussian_wasserstein_correlation` and its share
        of the variance `..._norm`; at least 0, lower is more independent.  NaN with one code.
        Matrix `mutual_information_of_codes`, nats.

    Raises:
        UserError: for an array of another shape.

    >>> unsupervised_metrics([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])["gaussian_total_correlation"]
    0.0
    """
    codes = as_codes(codes)
    if codes.shape[1] < 2:
        score = undefined("Independence is a matter of two codes; the representation has one.")
        return MetricResult(dict.fromkeys(("gaussian_total_correlation", "gaussian_wasserstein_correlation",
                                           "gaussian_wasserstein_correlation_norm", "mutual_info_score"), score))
    covariance = np.cov(codes.T)
    constant = np.flatnonzero(np.diag(covariance) == 0)
    if len(constant):
        undefined(f"Codes {constant.tolist()} are constant, so the codes have no density and no total correlation.")
    wasserstein = gaussian_wasserstein_correlation(covariance, symmetric_root)
    bins = discretize(codes, num_bins, discretizer)
    information = mutual_information_matrix(bins, bins)
    with np.errstate(invalid="ignore"):
        share = float(wasserstein / np.sum(np.diag(covariance)))
    return MetricResult({
        "gaussian_total_correlation": gaussian_total_correlation(covariance),
        "gaussian_wasserstein_correlation": wasserstein,
        "gaussian_wasserstein_correlation_norm": share,
        "mutual_info_score": mean_off_diagonal(information)}, {"mutual_information_of_codes": information})


def gaussian_total_correlation(covariance: np.ndarray) -> float:
    """KL divergence in nats between N(0, covariance) and the product of its marginals, not negative.

    covariance: (num_codes, num_codes).  Undefined when a code is constant."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(0.5 * (np.sum(np.log(np.diag(covariance))) - np.linalg.slogdet(covariance)[1]))


def gaussian_wasserstein_correlation(covariance: np.ndarray, symmetric: bool = False) -> float:
    """Squared 2-Wasserstein distance between N(0, covariance) and the product of its marginals, not negative.

    symmetric: take the root of the symmetric matrix with the same trace, which is stable near singularity.  It is taken
    as well where SciPy finds no root: 1.11 finds none for tiny codes, 1.18 none for constant ones."""
    from scipy.linalg import sqrtm

    diagonal = np.diag(covariance)
    root_trace = np.nan
    if not symmetric:
        with np.errstate(divide="ignore", invalid="ignore"):
            root_trace = np.trace(sqrtm(covariance * diagonal[:, np.newaxis])).real
    if not np.isfinite(root_trace):
        scaled = covariance * np.sqrt(np.outer(diagonal, diagonal))
        root_trace = np.sum(np.sqrt(np.clip(np.linalg.eigvalsh(scaled), 0, None)))
    return float(2 * np.trace(covariance) - 2 * root_trace)


def mean_off_diagonal(matrix: np.ndarray) -> float:
    """Mean over ordered pairs of different codes of a (num_codes, num_codes) matrix, such as mutual information."""
    matrix = matrix.copy()
    np.fill_diagonal(matrix, 0)
    return float(np.sum(matrix) / (len(matrix) ** 2 - len(matrix)))
