"""DCI with Lasso, as in its paper (Eastwood and Williams, ICLR 2018), or random forests (arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..estimators.classification import constant_factors, scaled_to_unit
from ..estimators.jobs import quietly, run_processes
from ..inputs import as_points
from ..random_streams import RandomSeed, as_random_state, hand_out
from ..result import MetricResult
from ..shared_matrices import IMPORTANCES
from ..undefined import one_value, undefined
from .dci import completeness, completeness_per_factor, disentanglement

NUM_FOLDS = 10
VARIANCE_OF_UNIFORM = 1 / 12  # on [0, 1]: what a factor without any prediction is taken to lose
KEYS = ("disentanglement", "completeness", "completeness_unweighted", "informativeness")

Setting = Callable[..., Any]  # makes an unfitted regressor: of a stream, and whether it is for cross-validation


def lasso_settings(alphas: Sequence[float] = (0.0001, 0.001, 0.01, 0.1, 0.2, 0.4, 0.8, 1)) -> list[Setting]:
    """Linear regressions with an L1 penalty to choose from by cross-validation; importance is |coefficient|."""
    from sklearn.linear_model import Lasso

    return [_setting(Lasso, 0, alpha=alpha) for alpha in alphas]


def forest_settings(num_trees: int = 10, max_depths: Sequence[int] = (8, 16, 32, 64, 128),
                    max_features: Sequence[float] = (0.2, 0.4, 0.8, 1.0)) -> list[Setting]:
    """Random forests to choose from by cross-validation; importance is the mean decrease of impurity."""
    from sklearn.ensemble import RandomForestRegressor

    return [_setting(RandomForestRegressor, num_trees, n_estimators=num_trees, max_depth=depth, max_features=share)
            for depth, share in product(max_depths, max_features)]


@Metric(
    "dci_regression", paper="Eastwood and Williams 2018", needs="points", matrices=(IMPORTANCES,),
    citations=("eastwood2018framework",),
    aliases=("dci_lasso",),
    scores=(Score("disentanglement", "DCI by Lasso", "as DCI, for linear codes", (0, 1), "medium",
                  "blind to codes that are not linear; unordered factors count as numbers", configs=("dci_lasso",)),
            Score("disentanglement", "DCI by random forests", "as DCI", (0, 1), "large",
                  "depends on the forest's depth; informativeness in sample", configs=("dci_random_forest",))),
    other_keys={"completeness": "high", "completeness_unweighted": "high", "informativeness": "high"})
def dci_regression(codes: Any, factors: Any, *, random_state: RandomSeed = None,
                   regressor: Callable[[], Sequence[Setting]] = lasso_settings,
                   n_jobs: int | None = None) -> MetricResult:
    """Computes disentanglement, completeness and informativeness from the importances of regressors.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) numbers, which may be continuous.
        random_state: stream or seed that forests draw on; Lasso draws nothing.
        regressor: makes the settings to choose from, `lasso_settings` or `forest_settings`.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `disentanglement`, `completeness`, `informativeness` in [0, 1], higher is better.  Factors and codes are scaled
        to [0, 1].  informativeness: mean of max(0, 1 - 12 MSE) on the training points, 1/12 being the variance of a
        uniform factor; factors with few values have a larger one.  The review weights codes by importance and factors
        equally, which is `completeness_unweighted`.  NaN with a factor of one value.  Matrix `importances`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 4, (2, 2)), axis=1)
    >>> round(dci_regression(factors, factors)["disentanglement"], 6)
    1.0
    """
    codes, factors = as_points(codes, factors, continuous=True)
    if constant := constant_factors(factors):
        return MetricResult(dict.fromkeys(KEYS, undefined(
            f"{one_value(constant)} in the sample, which no regressor can learn.")))
    importances, informativeness = regressed(scaled_to_unit(codes), scaled_to_unit(factors.astype(float)), regressor(),
                                             as_random_state(random_state), n_jobs)
    unweighted = float(np.mean(completeness_per_factor(importances)))
    return MetricResult(dict(zip(KEYS, (disentanglement(importances), completeness(importances), unweighted,
                                        informativeness), strict=True)), {"importances": importances})


def regressed(codes: np.ndarray, factors: np.ndarray, settings: Sequence[Setting], stream: np.random.RandomState,
              n_jobs: int | None = None) -> tuple[np.ndarray, float]:
    """Importances (num_codes, num_factors), not negative, and informativeness; all columns in [0, 1]."""
    models = [_best_model(codes, factor, settings, stream, n_jobs) for factor in factors.T]
    errors = [np.mean((model.predict(codes) - factor) ** 2) for model, factor in zip(models, factors.T, strict=True)]
    # Lasso fitted to float32 codes has float32 coefficients; their shares and entropies are computed in float64.
    importances = np.stack([np.abs(model.coef_ if hasattr(model, "coef_") else model.feature_importances_)
                            for model in models], axis=1).astype(np.float64)
    return importances, float(np.mean(np.maximum(1 - np.array(errors) / VARIANCE_OF_UNIFORM, 0)))


def _best_model(codes: np.ndarray, factor: np.ndarray, settings: Sequence[Setting], stream: np.random.RandomState,
                n_jobs: int | None) -> Any:
    """The setting with the least squared error over unshuffled folds, fitted to all points."""
    tasks = [(make(stream, cross_validating=True), codes, factor, held_out)
             for make in settings for held_out in np.array_split(np.arange(len(codes)), NUM_FOLDS)]
    errors = np.array(run_processes(_error, tasks, n_jobs)).reshape(len(settings), -1).mean(axis=1)
    return quietly(settings[int(np.argmin(errors))](stream).fit, codes, factor)


def _error(model: Any, codes: np.ndarray, factor: np.ndarray, held_out: np.ndarray) -> float:
    """Mean squared error on the held-out points of a model fitted to the others."""
    kept = np.ones(len(codes), dtype=bool)
    kept[held_out] = False
    model.fit(codes[kept], factor[kept])
    return float(np.mean((model.predict(codes[held_out]) - factor[held_out]) ** 2))


def _setting(kind: Any, num_draws: int, **options: Any) -> Setting:
    """Makes a regressor with the state of the stream that it would meet in sequence."""

    def make(stream: np.random.RandomState, cross_validating: bool = False) -> Any:
        extra = {"max_iter": 5000} if cross_validating and not num_draws else {}  # reference: Lasso, while it chooses
        return kind(random_state=hand_out(stream, num_draws), **options, **extra)

    return make
