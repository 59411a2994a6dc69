"""Unified scores: every aggregation of every matrix of codes and factors (A Sober Look, JMLR 2020)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ...metrics.information.connectivity import merges, precision_curve
from ...metrics.information.discretization import discretize, entropies
from ...metrics.information.discretization import mutual_information_matrix as mutual_information
from ..protocol.matrices import save_matrix
from ..sampling.fixed_data import FIXED_DATA_ARGUMENTS, split_fixed_codes
from ..sampling.points import RepresentationFunction, sample_codes
from .dci import (
    completeness,
    completeness_per_factor,
    compute_importance_gbt,
    disentanglement,
    disentanglement_per_code,
)
from .mig import mutual_information_gaps
from .modularity_explicitness import modularity, modularity_per_code
from .sap_score import gaps, mean_gap, svm_accuracies

MatrixFunction = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
MATRIX_ARGUMENTS = ["mus_train", "ys_train", "mus_test", "ys_test"]


@gin.configurable("importance_gbt_matrix", denylist=MATRIX_ARGUMENTS)
def importance_gbt_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                          ys_test: np.ndarray) -> np.ndarray:
    """DCI's importances (num_codes, num_factors); arguments as disentanglement_lib passes them, points last."""
    return compute_importance_gbt(mus_train.T, ys_train.T, mus_test.T, ys_test.T)[0]


@gin.configurable("mutual_information_matrix", denylist=MATRIX_ARGUMENTS)
def mutual_information_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                              ys_test: np.ndarray) -> np.ndarray:
    """MIG's mutual information in nats (num_codes, num_factors) on the training points."""
    return mutual_information(discretize(mus_train.T), ys_train.T)


@gin.configurable("accuracy_svm_matrix", denylist=MATRIX_ARGUMENTS)
def accuracy_svm_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                        ys_test: np.ndarray) -> np.ndarray:
    """SAP's test accuracies (num_codes, num_factors)."""
    return svm_accuracies(mus_train.T, ys_train.T, mus_test.T, ys_test.T)


def matrix_scores(matrix: np.ndarray, factor_entropies: np.ndarray) -> dict[str, float]:
    """All aggregations of matrix (num_codes, num_factors); entropies (num_factors,) in nats normalise MIG.

    reference: completeness of factor j is called `dci_completeness.code_j`."""
    if np.isnan(matrix).any() or len(matrix) < 2:
        undefined("The unified scores need two codes or more and a matrix without NaN.")
    area, largest = precision_curve(matrix)
    migs, saps = mutual_information_gaps(matrix, factor_entropies), gaps(matrix) if len(matrix) > 1 else np.array([])
    scores = {"area_precision": area, "max_precision": largest, "dci_disentanglement": disentanglement(matrix),
              "dci_completeness": completeness(matrix), "dci": disentanglement(matrix), "mig": float(np.mean(migs)),
              "sap": mean_gap(matrix), "modularity": modularity(matrix)}
    scores |= {f"merge_{first}_{second}": rank for (first, second), rank in merges(matrix).items()}
    for key, values in (("dci_disentanglement.code", disentanglement_per_code(matrix)),
                        ("dci_completeness.code", completeness_per_factor(matrix)), ("mig.factor", migs),
                        ("sap.factor", saps), ("modularity.code", modularity_per_code(matrix))):
        scores |= {f"{key}_{index}": float(value) for index, value in enumerate(values)}
    return scores


@gin.configurable("unified_scores", denylist=RUNTIME_ARGUMENTS)
def compute_unified_scores(ground_truth_data: Any, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                           matrix_fns: Sequence[MatrixFunction] = gin.REQUIRED,
                           batch_size: int = 16) -> dict[str, float]:
    """For each matrix NAME: `NAME.dci`, `NAME.mig`, `NAME.sap`, `NAME.modularity` and more, higher is better."""
    train = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    test = sample_codes(ground_truth_data, representation_function, num_test, random_state, batch_size)
    return _unified_scores(train + test, matrix_fns, artifact_dir, ground_truth_data)


@gin.configurable("unified_score_validation", denylist=FIXED_DATA_ARGUMENTS)
def compute_unified_score_on_fixed_data(observations: Any, labels: np.ndarray,
                                        representation_function: RepresentationFunction,
                                        train_percentage: float = gin.REQUIRED,
                                        matrix_fns: Sequence[MatrixFunction] = gin.REQUIRED,
                                        batch_size: int = 100) -> dict[str, float]:
    """`compute_unified_scores` of given observations (n, H, W, C) and labels (num_factors, n)."""
    samples = split_fixed_codes(observations, labels, representation_function, train_percentage)
    return _unified_scores(samples, matrix_fns)


def _unified_scores(samples: tuple[np.ndarray, ...], matrix_fns: Sequence[MatrixFunction],
                    artifact_dir: str | None = None, ground_truth_data: Any = None) -> dict[str, float]:
    factor_entropies = entropies(samples[1])
    scores: dict[str, float] = {}
    for matrix_fn in matrix_fns:
        name = matrix_fn.__name__
        matrix = matrix_fn(*(array.T for array in samples))
        save_matrix(artifact_dir, name, matrix, ground_truth_data)
        scores |= {f"{name}.{key}": value for key, value in matrix_scores(matrix, factor_entropies).items()}
    return scores
