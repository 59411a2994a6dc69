"""JEMMIG (Do and Tran, Theory and Evaluation Metrics, ICLR 2020, arXiv:1908.09961, sec. 3.4), scaled to [0, 1]."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import entropies, make_discretizer, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes

DECIMALS = 12  # mutual information of codes that differ only by the rounding of its sum agrees to this many


def jemmig_per_factor(mutual_information: np.ndarray, factor_entropies: np.ndarray, code_entropies: np.ndarray,
                      num_bins: int) -> np.ndarray:
    """1 - (H(v, z*) - I(v; z*) + I(v; z')) / (H(v) + log num_bins), z* and z' the codes that know v best.

    All in nats: mutual_information (num_codes, num_factors), factor_entropies (num_factors,), code_entropies
    (num_codes,).  Returns (num_factors,) in [0, 1], higher is better: the best code should hold the factor and no more.
    Of codes whose information agrees to 12 decimals, z* is the one with the lower joint entropy; the reference takes
    whichever sorts last.  Undefined with one code."""
    if len(mutual_information) < 2:
        return np.full(len(factor_entropies), undefined(
            f"JEMMIG compares two codes; the representation has {len(mutual_information)}."))
    joint = factor_entropies + code_entropies[:, np.newaxis] - mutual_information
    ordered = np.lexsort((-joint, np.round(mutual_information, DECIMALS)), axis=0)
    best = np.take_along_axis(mutual_information, ordered[-1:], axis=0)[0]
    second = np.take_along_axis(mutual_information, ordered[-2:-1], axis=0)[0]
    lowest = np.take_along_axis(joint, ordered[-1:], axis=0)[0]
    return 1 - (lowest - best + second) / (factor_entropies + np.log(num_bins))


@gin.configurable("jemmig", denylist=RUNTIME_ARGUMENTS)
def compute_jemmig(ground_truth_data: Any, representation_function: RepresentationFunction,
                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                   num_train: int = gin.REQUIRED, num_bins: int = gin.REQUIRED,
                   batch_size: int = 16) -> dict[str, float]:
    """`jemmig` in [0, 1], higher is better: the mean over factors.  Codes are put into `num_bins` bins."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    bins = make_discretizer(codes.T, num_bins=num_bins).T
    information = mutual_information_matrix(bins, factors)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    return {"jemmig": float(np.mean(jemmig_per_factor(information, entropies(factors), entropies(bins), num_bins)))}
