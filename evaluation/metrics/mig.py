"""Mutual Information Gap (arXiv:1802.04942), estimated from binned codes as in disentanglement_lib."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...common.errors import UserError
from ..discretization import discretize, entropies, mutual_information_matrix
from ..sampling import RepresentationFunction, sample_codes


def mutual_information_gaps(mutual_information: np.ndarray, factor_entropies: np.ndarray) -> np.ndarray:
    """Gap between the two most informative latents of each factor, as a share of the factor's entropy (sec. 4.1).

    mutual_information: (num_latents, num_factors) and factor_entropies: (num_factors,), in nats.
    Returns (num_factors,) in [0, 1], higher is better; NaN for a factor with one value.
    Raises UserError with fewer than two latents."""
    if len(mutual_information) < 2:
        raise UserError(f"The mutual information gap compares two latents; the representation has "
                        f"{len(mutual_information)}.")
    largest, second = np.sort(mutual_information, axis=0)[::-1][:2]
    with np.errstate(invalid="ignore"):
        return (largest - second) / factor_entropies


def gaps_of_codes(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Gaps (num_factors,) of codes (num_points, num_latents), binned as gin says, and factors, points first."""
    return mutual_information_gaps(mutual_information_matrix(discretize(codes), factors), entropies(factors))


@gin.configurable("mig", denylist=RUNTIME_ARGUMENTS)
def compute_mig(ground_truth_data: Any, representation_function: RepresentationFunction,
                random_state: np.random.RandomState, artifact_dir: str | None = None,
                num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`discrete_mig` in [0, 1], higher is better.  reference: one constant factor makes the whole score NaN."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return {"discrete_mig": float(np.mean(gaps_of_codes(codes, factors)))}
