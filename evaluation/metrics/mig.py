"""Mutual Information Gap (arXiv:1802.04942), estimated from binned codes as in disentanglement_lib."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import discretize, entropies, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.fixed_data import FIXED_DATA_ARGUMENTS, fixed_codes
from ..sampling.points import RepresentationFunction, sample_codes


def mutual_information_gaps(mutual_information: np.ndarray, factor_entropies: np.ndarray) -> np.ndarray:
    """Gap between the two most informative latents of each factor, as a share of the factor's entropy (sec. 4.1).

    mutual_information: (num_latents, num_factors) and factor_entropies: (num_factors,), in nats.
    Returns (num_factors,) in [0, 1], higher is better; NaN for a factor with one value, and with one latent."""
    if len(mutual_information) < 2:
        return np.full(len(factor_entropies), undefined(
            f"The mutual information gap compares two latents; the representation has {len(mutual_information)}."))
    largest, second = np.sort(mutual_information, axis=0)[::-1][:2]
    with np.errstate(invalid="ignore"):
        return (largest - second) / factor_entropies


def gaps_of_codes(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Gaps (num_factors,) of codes (num_points, num_latents), binned as gin says, and factors, points first."""
    return mutual_information_gaps(mutual_information_matrix(discretize(codes), factors), entropies(factors))


def mean_of_varying(gaps: np.ndarray) -> float:
    """Mean over the factors that take more than one value; NaN when none does."""
    varying = ~np.isnan(gaps)
    return float(np.mean(gaps[varying])) if varying.any() else float("nan")


@gin.configurable("mig", denylist=RUNTIME_ARGUMENTS)
def compute_mig(ground_truth_data: Any, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None,
                num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`discrete_mig` in [0, 1], higher is better.

    reference: one factor with one value makes it NaN; `discrete_mig_varying_factors` is the mean over the others."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    information = mutual_information_matrix(discretize(codes), factors)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    return mig_scores(mutual_information_gaps(information, entropies(factors)))


@gin.configurable("mig_validation", denylist=FIXED_DATA_ARGUMENTS)
def compute_mig_on_fixed_data(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                              batch_size: int = 100) -> dict[str, float]:
    """`compute_mig` of given observations (n, H, W, C) and labels (num_factors, n)."""
    return mig_scores(gaps_of_codes(*fixed_codes(observations, labels, representation_function)))


def mig_scores(gaps: np.ndarray) -> dict[str, float]:
    """Both means of gaps (num_factors,), with a warning that names the factors that have none."""
    constant = np.flatnonzero(np.isnan(gaps))
    if 0 < len(constant) < len(gaps):
        undefined(f"Factors {constant.tolist()} take one value in the sample and have no mutual information gap.")
    return {"discrete_mig": float(np.mean(gaps)), "discrete_mig_varying_factors": mean_of_varying(gaps)}
