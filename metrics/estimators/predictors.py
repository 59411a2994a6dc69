"""Classifiers that predict factors from codes, and how they are fitted.

Fits run in parallel; each gets the state of the random stream it would have met in sequence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..random_streams import hand_out
from ..undefined import one_value, undefined
from .jobs import run_processes
from .logistic_regression import SOLVER, LogisticRegressionCV, fit_together, scikit_learn_model
from .trees.classifier import TREES, BoostedTrees

logger = logging.getLogger(__name__)

PredictorFactory = Callable[[], Any]


def gradient_boosting_classifier(implementation: str = "fast") -> Any:
    """scikit-learn's `GradientBoostingClassifier()` with its defaults, or our equal of it.  Raises UnknownNameError."""
    if TREES.serves(implementation):
        return BoostedTrees()
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier()


def logistic_regression_cv(implementation: str = "fast") -> Any:
    """scikit-learn's logistic regression, its penalty chosen by cross-validation over five unshuffled folds, or our
    equal of it.  Raises UnknownNameError."""
    return LogisticRegressionCV() if SOLVER.serves(implementation) else scikit_learn_model()


def logistic_regression(random_state: np.random.RandomState | None = None, one_vs_rest: bool = False,
                        solver: str = "lbfgs", C: float | None = 1.0,
                        max_iter: int = 100, class_weight: str | None = None) -> Any:
    """scikit-learn's logistic regression, by default multinomial, solved by lbfgs.

    one_vs_rest: one class against the rest; with the solver liblinear that is the default of scikit-learn before 0.22,
    which also drew once from `random_state`.  C: inverse of the penalty, None for no penalty.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    model = LogisticRegression(solver=solver, C=np.inf if C is None else C, max_iter=max_iter,
                               class_weight=class_weight, random_state=random_state)
    if not one_vs_rest:
        return model
    if solver == "liblinear" and random_state is not None:
        random_state.randint(np.iinfo(np.int32).max)
    return OneVsRestClassifier(model.set_params(random_state=0))


def fit_each(make_predictor: PredictorFactory, tasks: Sequence[tuple[np.ndarray, np.ndarray]],
             stream: np.random.RandomState, n_jobs: int | None = None, positions: Sequence[int] = ()) -> list[Any]:
    """A fitted classifier for each (codes (n, D), labels (n,)); None where all labels are equal, which is undefined.

    stream: that models without a random state draw on.  positions: the factor of each task, for messages; by default
    the tasks are the factors in order."""
    models: list[Any] = [None if _is_single(labels, position) else make_predictor() for position, (_, labels) in
                         zip(positions or range(len(tasks)), tasks, strict=True)]
    work = [(model, *task) for model, task in zip(models, tasks, strict=True) if model is not None]
    draws = [num_draws(model, labels) for model, _, labels in work]
    if any(number is None for number in draws):
        for model, codes, labels in work:
            if getattr(model, "random_state", 0) is None:
                model.random_state = stream
            model.fit(codes, labels)
        return models
    for (model, _, _), number in zip(work, draws, strict=True):
        if number:
            model.random_state = hand_out(stream, number)
    if all(isinstance(model, BoostedTrees) for model, _, _ in work):  # each is parallel in itself
        for model, codes, labels in work:
            model.n_jobs = n_jobs
            model.fit(codes, labels)
        return models
    if all(isinstance(model, LogisticRegressionCV) for model, _, _ in work):
        fit_together(work, n_jobs)
        return models
    fitted = iter(run_processes(_fit, work, n_jobs))
    return [None if model is None else next(fitted) for model in models]


def num_draws(model: Any, labels: np.ndarray) -> int | None:
    """How many tree seeds a fit draws on its random stream; None for a model about which that is not known."""
    num_classes = len(np.unique(labels))
    trees_a_stage = 1 if num_classes == 2 else num_classes
    if isinstance(model, BoostedTrees):
        return model.num_stages * trees_a_stage
    if isinstance(model, LogisticRegressionCV):
        return 0
    name, options = type(model).__name__, getattr(model, "__dict__", {})
    if name == "GradientBoostingClassifier" and options["subsample"] == 1 and options["n_iter_no_change"] is None:
        return int(options["n_estimators"]) * trees_a_stage
    if name in ("LogisticRegression", "LogisticRegressionCV") and options["solver"] == "lbfgs":
        return 0
    return None


def accuracy(model: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    """Share of the labels that a fitted model predicts from codes; NaN without a model."""
    return float("nan") if model is None else float(np.mean(model.predict(codes) == labels))


def training_accuracy(model: Any, codes: np.ndarray, labels: np.ndarray) -> float:
    """`accuracy` on the points the model was fitted on, which boosted trees know already."""
    if isinstance(model, BoostedTrees):
        return float(np.mean(model.training_predictions_ == labels))
    return accuracy(model, codes, labels)


def accuracies(models: Sequence[Any], train: tuple[np.ndarray, np.ndarray],
               test: tuple[np.ndarray, np.ndarray]) -> tuple[list[float], list[float]]:
    """Train and test accuracy of one model for each factor; train, test: codes (n, D) and factors (n, F)."""
    return ([training_accuracy(model, train[0], labels) for model, labels in zip(models, train[1].T, strict=True)],
            [accuracy(model, test[0], labels) for model, labels in zip(models, test[1].T, strict=True)])


def fit_factors(make_predictor: PredictorFactory, codes: np.ndarray, factors: np.ndarray,
                stream: np.random.RandomState, n_jobs: int | None = None) -> list[Any]:
    """One classifier for each column of factors (n, F), in order; see `fit_each`."""
    return fit_each(make_predictor, [(codes, labels) for labels in factors.T], stream, n_jobs)


def _fit(model: Any, codes: np.ndarray, labels: np.ndarray) -> Any:
    return model.fit(codes, labels)


def _is_single(labels: np.ndarray, position: int) -> bool:
    if (labels == labels[0]).all():
        undefined(f"{one_value([position])}, {labels[0]}, in all {len(labels)} training points; "
                  "nothing can be learned about it, more points or another seed may help.")
        return True
    return False
