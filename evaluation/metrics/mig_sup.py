"""MIG-sup (Li et al., Progressive Learning, ICLR 2020, arXiv:2002.10549): one factor a code, MIG's converse."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import discretize, entropies, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


def gaps_per_code(mutual_information: np.ndarray, code_entropies: np.ndarray) -> np.ndarray:
    """Gap between the two factors of which each code knows most, as a share of the code's entropy.

    mutual_information: (num_codes, num_factors), code_entropies: (num_codes,) in one unit.  Returns (num_codes,) in
    [0, 1], higher is better; NaN for a constant code, and with one factor."""
    if mutual_information.shape[1] < 2:
        return np.full(len(mutual_information), undefined("MIG-sup compares two factors; the data set has one."))
    second, largest = np.sort(mutual_information, axis=1).T[-2:]
    with np.errstate(invalid="ignore"):
        return (largest - second) / code_entropies


@gin.configurable("mig_sup", denylist=RUNTIME_ARGUMENTS)
def compute_mig_sup(ground_truth_data: Any, representation_function: RepresentationFunction,
                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                    num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`mig_sup` in [0, 1], higher is better: mean over codes of (I(z; v_1) - I(z; v_2)) / H(z), v_1, v_2 the best two.

    reference: a constant code makes it NaN; `mig_sup_live_codes` is the mean over the others."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    bins = discretize(codes)
    information = mutual_information_matrix(bins, factors)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    gaps = gaps_per_code(information, entropies(bins))
    dead = np.isnan(gaps)
    if 0 < dead.sum() < len(gaps):
        undefined(f"Codes {np.flatnonzero(dead).tolist()} are constant and have no MIG-sup.")
    return {"mig_sup": float(np.mean(gaps)),
            "mig_sup_live_codes": float("nan") if dead.all() else float(np.mean(gaps[~dead]))}
