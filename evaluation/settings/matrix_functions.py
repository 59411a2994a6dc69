"""Matrices of codes and factors that gin chooses from; called as in disentanglement_lib, with points last."""

from __future__ import annotations

from collections.abc import Callable

import gin
import numpy as np

from ...metrics.information.discretization import discretize
from ...metrics.information.discretization import mutual_information_matrix as mutual_information
from ...metrics.inputs import Arrays
from ...metrics.scores.dci import importances_and_accuracies
from ...metrics.scores.sap_score import svm_accuracies
from .choices import bins, gradient_boosting_classifier
from .context import model_stream, num_jobs

MatrixFunction = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
MATRIX_ARGUMENTS = ["mus_train", "ys_train", "mus_test", "ys_test"]


def points_first(function: MatrixFunction) -> Callable[[Arrays, Arrays], np.ndarray]:
    """A function of train and test points, given one of transposed arrays."""
    return lambda train, test: function(train[0].T, train[1].T, test[0].T, test[1].T)


@gin.configurable("importance_gbt_matrix", denylist=MATRIX_ARGUMENTS)
def importance_gbt_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                          ys_test: np.ndarray) -> np.ndarray:
    """DCI's importances (num_codes, num_factors)."""
    train, test = (np.ascontiguousarray(mus_train.T), ys_train.T), (np.ascontiguousarray(mus_test.T), ys_test.T)
    return importances_and_accuracies(train, test, model_stream(), gradient_boosting_classifier, num_jobs())[0]


@gin.configurable("factorwise_dci", denylist=MATRIX_ARGUMENTS)
def factorwise_dci(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                   ys_test: np.ndarray) -> np.ndarray:
    """The same under the name that `reduced_representation.correlation_measure` takes."""
    return importance_gbt_matrix(mus_train, ys_train, mus_test, ys_test)


@gin.configurable("mutual_information_matrix", denylist=MATRIX_ARGUMENTS)
def mutual_information_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                              ys_test: np.ndarray) -> np.ndarray:
    """MIG's mutual information in nats (num_codes, num_factors) on the training points."""
    return mutual_information(discretize(mus_train.T, **bins()), ys_train.T)


@gin.configurable("accuracy_svm_matrix", denylist=MATRIX_ARGUMENTS)
def accuracy_svm_matrix(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                        ys_test: np.ndarray) -> np.ndarray:
    """SAP's test accuracies (num_codes, num_factors)."""
    return svm_accuracies((mus_train.T, ys_train.T), (mus_test.T, ys_test.T), model_stream(), num_jobs())
