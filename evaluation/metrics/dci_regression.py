"""DCI with Lasso, as in its paper (Eastwood and Williams, ICLR 2018), or random forests (arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import hand_out, undefined
from ...metrics.estimators.jobs import quietly, run_processes
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes
from .dci import completeness, completeness_per_factor, disentanglement
from .explicitness import scaled_to_unit

NUM_FOLDS = 10
VARIANCE_OF_UNIFORM = 1 / 12  # on [0, 1]: what a factor without any prediction is taken to lose


@gin.configurable("lasso")
def lasso_settings(alphas: Sequence[float] = (0.0001, 0.001, 0.01, 0.1, 0.2, 0.4, 0.8, 1)) -> list[Callable[..., Any]]:
    """Linear regressions with an L1 penalty to choose from by cross-validation; importance is |coefficient|."""
    from sklearn.linear_model import Lasso

    return [_setting(Lasso, 0, alpha=alpha) for alpha in alphas]


@gin.configurable("random_forest")
def forest_settings(num_trees: int = 10, max_depths: Sequence[int] = (8, 16, 32, 64, 128),
                    max_features: Sequence[float] = (0.2, 0.4, 0.8, 1.0)) -> list[Callable[..., Any]]:
    """Random forests to choose from by cross-validation; importance is the mean decrease of impurity."""
    from sklearn.ensemble import RandomForestRegressor

    return [_setting(RandomForestRegressor, num_trees, n_estimators=num_trees, max_depth=depth, max_features=share)
            for depth, share in product(max_depths, max_features)]


@gin.configurable("dci_regression", denylist=RUNTIME_ARGUMENTS)
def compute_dci_regression(ground_truth_data: Any, representation_function: RepresentationFunction,
                           random_state: np.random.RandomState, artifact_dir: str | None = None,
                           num_train: int = gin.REQUIRED, regressor: Callable[[], list[Any]] = gin.REQUIRED,
                           batch_size: int = 16) -> dict[str, float]:
    """`disentanglement`, `completeness`, `informativeness` in [0, 1], higher is better, from importances of regressors.

    Factors and codes are scaled to [0, 1].  informativeness: mean of max(0, 1 - 12 MSE) on the training points, 1/12
    being the variance of a uniform factor; factors with few values have a larger one.  reference: the review weights
    codes by importance and factors equally, which is `completeness_unweighted`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    constant = np.flatnonzero((factors == factors[0]).all(axis=0))
    if len(constant):
        score = undefined(f"Factors {constant.tolist()} take one value in the sample; no regressor can learn them.")
        return dict.fromkeys(("disentanglement", "completeness", "completeness_unweighted", "informativeness"), score)
    importances, informativeness = regressed(scaled_to_unit(codes), scaled_to_unit(factors.astype(float)), regressor())
    save_matrix(artifact_dir, "importances", importances, ground_truth_data)
    return {"disentanglement": disentanglement(importances), "completeness": completeness(importances),
            "completeness_unweighted": float(np.mean(completeness_per_factor(importances))),
            "informativeness": informativeness}


def regressed(codes: np.ndarray, factors: np.ndarray, settings: Sequence[Any]) -> tuple[np.ndarray, float]:
    """Importances (num_codes, num_factors), not negative, and informativeness; all columns in [0, 1]."""
    models = [_best_model(codes, factor, settings) for factor in factors.T]
    errors = [np.mean((model.predict(codes) - factor) ** 2) for model, factor in zip(models, factors.T, strict=True)]
    # Lasso fitted to float32 codes has float32 coefficients; their shares and entropies are computed in float64.
    importances = np.stack([np.abs(model.coef_ if hasattr(model, "coef_") else model.feature_importances_)
                            for model in models], axis=1).astype(np.float64)
    return importances, float(np.mean(np.maximum(1 - np.array(errors) / VARIANCE_OF_UNIFORM, 0)))


def _best_model(codes: np.ndarray, factor: np.ndarray, settings: Sequence[Any]) -> Any:
    """The setting with the least squared error over unshuffled folds, fitted to all points."""
    tasks = [(make(cross_validating=True), codes, factor, held_out)
             for make in settings for held_out in np.array_split(np.arange(len(codes)), NUM_FOLDS)]
    errors = np.array(run_processes(_error, tasks)).reshape(len(settings), -1).mean(axis=1)
    return quietly(settings[int(np.argmin(errors))]().fit, codes, factor)


def _error(model: Any, codes: np.ndarray, factor: np.ndarray, held_out: np.ndarray) -> float:
    """Mean squared error on the held-out points of a model fitted to the others."""
    kept = np.ones(len(codes), dtype=bool)
    kept[held_out] = False
    model.fit(codes[kept], factor[kept])
    return float(np.mean((model.predict(codes[held_out]) - factor[held_out]) ** 2))


def _setting(kind: Any, num_draws: int, **options: Any) -> Callable[..., Any]:
    """Makes a regressor with the state of the model stream that it would meet in sequence."""

    def make(cross_validating: bool = False) -> Any:
        extra = {"max_iter": 5000} if cross_validating and not num_draws else {}  # reference: Lasso, while it chooses
        return kind(random_state=hand_out(num_draws), **options, **extra)

    return make
