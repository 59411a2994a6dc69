"""Factor leakage: how much codes other than its own know of a factor (Painter et al., NeurIPS 2020; CLG-VAE, 2021)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.discretization import discretize, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


def leakage(mutual_information: np.ndarray) -> dict[str, float]:
    """The four scores of mutual information (num_codes, num_factors) in nats; not negative, lower is better.

    With each column sorted from the most informative code down, and divided by its largest entry where the key says
    `norm` or `auc`: `mean` and `norm_mean` are the means of all entries below the first row; `auc` is the mean over
    i = 0 .. D-1 of the mean of rows i to D-1, `nm_auc` the same from i = 1.  The last three are in [0, 1].
    A factor that no code knows has no such ratio and is left out, with a warning; undefined with one code."""
    keys = ("factor_leakage_auc", "factor_leakage_mean", "factor_leakage_norm_mean", "factor_leakage_nm_auc")
    if len(mutual_information) < 2:
        return dict.fromkeys(keys, undefined("Factor leakage needs a second code to leak into; there is one."))
    ordered = np.sort(mutual_information, axis=0)[::-1]
    known = ordered[0] > 0
    if not known.all():
        undefined(f"No code knows anything of factors {np.flatnonzero(~known).tolist()}; leakage leaves them out.")
    if not known.any():
        return dict.fromkeys(keys, float("nan"))
    shares = ordered[:, known] / ordered[0, known]
    tails = [float(np.mean(shares[start:])) for start in range(len(shares))]
    return dict(zip(keys, (float(np.mean(tails)), float(np.mean(ordered[1:])), tails[1], float(np.mean(tails[1:]))),
                    strict=True))


@gin.configurable("factor_leakage", denylist=RUNTIME_ARGUMENTS)
def compute_factor_leakage(ground_truth_data: Any, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, batch_size: int = 16) -> dict[str, float]:
    """`factor_leakage_auc` in [0, 1] and three more, lower is better: see `leakage`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    information = mutual_information_matrix(discretize(codes), factors)
    save_matrix(artifact_dir, "mutual_information", information)
    return leakage(information)
