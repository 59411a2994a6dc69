"""Downstream accuracy after the codes that say most about a factor are removed (disentanglement_lib)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...common.errors import UserError
from ...metrics.estimators.predictors import accuracies, fit_factors, make_predictor_fn
from ..sampling.points import RepresentationFunction, sample_codes
from .dci import compute_importance_gbt

Sample = tuple[np.ndarray, np.ndarray]
Split = tuple[str, list[float]]


@gin.configurable("reduced_downstream_task", denylist=RUNTIME_ARGUMENTS)
def compute_reduced_downstream_task(ground_truth_data: Any, representation_function: RepresentationFunction,
                                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                                    num_factors_to_remove: int = gin.REQUIRED,
                                    num_train: Sequence[int] = gin.REQUIRED, num_test: int = gin.REQUIRED,
                                    batch_size: int = 16) -> dict[str, float]:
    """Accuracies in [0, 1] for each training size n and each factor whose best codes are removed.

    Low `n:mean_test_accuracy_reduced_factor` with high `n:mean_test_accuracy_other_factors` means that what is known
    of a factor sits in few codes.  Raises UserError when no code would be left."""
    scores: dict[str, float] = {}
    for size in num_train:
        train = sample_codes(ground_truth_data, representation_function, size, random_state, batch_size)
        test = sample_codes(ground_truth_data, representation_function, num_test, random_state, batch_size)
        if num_factors_to_remove >= train[0].shape[1]:
            raise UserError(f"reduced_downstream_task.num_factors_to_remove is {num_factors_to_remove}, but the "
                            f"representation has {train[0].shape[1]} codes; at least one must be left.")
        by_factor = [_reduced_accuracies(train, test, factor, num_factors_to_remove)
                     for factor in range(train[1].shape[1])]
        scores |= {f"{size}:{key}": value for key, value in reduction_scores(by_factor).items()}
    return scores


def reduction_scores(by_factor: Sequence[tuple[Sequence[float], Sequence[float]]]) -> dict[str, float]:
    """The reference's keys for train and test accuracies of all factors, one pair for each reduced factor."""
    scores: dict[str, float] = {}
    for split, which in (("train", 0), ("test", 1)):
        own, others = [], []
        for reduced, accuracies_of in enumerate(by_factor):
            values = accuracies_of[which]
            prefix = f"reduced_factor_{reduced}:mean_{split}_accuracy"
            own.append(values[reduced])
            others.append(float(np.mean([value for factor, value in enumerate(values) if factor != reduced])))
            scores[f"{prefix}_reduced_factor"] = own[-1]
            scores |= {f"{prefix}_factor_{factor}": value for factor, value in enumerate(values)}
            scores[f"{prefix}_non_reduced_factor"] = others[-1]
        scores[f"mean_{split}_accuracy_reduced_factor"] = float(np.mean(own))
        scores[f"mean_{split}_accuracy_other_factors"] = float(np.mean(others))
    return scores


@gin.configurable("reduced_representation")
def without_best_code(codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray,
                      factor: int, correlation_measure: Callable[..., np.ndarray] = gin.REQUIRED
                      ) -> tuple[np.ndarray, np.ndarray]:
    """Train and test codes without the one that says most about a factor, the first on ties; points first."""
    importances = correlation_measure(codes.T, factors.T, test_codes.T, test_factors.T)
    best = np.argmax(importances[:, factor])
    return np.delete(codes, best, axis=1), np.delete(test_codes, best, axis=1)


@gin.configurable("factorwise_dci", denylist=["mus_train", "ys_train", "mus_test", "ys_test"])
def compute_factorwise_dci(mus_train: np.ndarray, ys_train: np.ndarray, mus_test: np.ndarray,
                           ys_test: np.ndarray) -> np.ndarray:
    """DCI importances (num_codes, num_factors); arguments as disentanglement_lib passes them, points last."""
    return compute_importance_gbt(mus_train.T, ys_train.T, mus_test.T, ys_test.T)[0]


def _reduced_accuracies(train: Sample, test: Sample, factor: int, num_removed: int) -> tuple[list[float], list[float]]:
    codes, test_codes = train[0], test[0]
    for _ in range(num_removed):
        codes, test_codes = without_best_code(codes, train[1], test_codes, test[1], factor)
    models = fit_factors(make_predictor_fn(), codes, train[1])
    return accuracies(models, (codes, train[1]), (test_codes, test[1]))
