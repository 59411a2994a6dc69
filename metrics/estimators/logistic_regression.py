"""Logistic regression with a cross-validated penalty: scikit-learn's, to the bit, several times sooner.

The solver stops unconverged, so the last bit of a loss decides the score in the end.  Hence the same solver, from
scipy, is given the same function in the same order of operations; what differs is how it is computed: without new
arrays, with `exponential.fill_exponentials`, and fold by fold on threads, with one of BLAS in each (blas.py).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ...common.compiling.compiled import compiled
from .blas import num_blas_threads, parts, product
from .exponential import fill_exponentials, is_libm_reproduced
from .fast_paths import OURS, FastPath, note
from .jobs import quietly, run_threads

PENALTIES = tuple(np.logspace(-4, 4, 10).tolist())  # scikit-learn's Cs=10: inverse strengths
NUM_FOLDS = 5
SOLVER_OPTIONS = {"maxiter": 100, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
NUM_VALUES = 4096  # class scores at a time: they stay in the cache


class LogisticRegressionCV:
    """`sklearn.linear_model.LogisticRegressionCV(Cs=10, cv=KFold(n_splits=5))` of scikit-learn 1.9.

    After `fit`: classes_ (K,), coef_ (K, D), intercept_ (K,) and the chosen C_.  Two classes are left to scikit-learn,
    which uses another loss for them and is fast already.  `SOLVER` says whether the installed version is equal."""

    classes_: np.ndarray
    coef_: np.ndarray
    intercept_: np.ndarray
    C_: float

    def __init__(self, penalties: Sequence[float] = PENALTIES, num_folds: int = NUM_FOLDS):
        """penalties: inverse strengths, in the order in which each starts from the solution before."""
        self.penalties, self.num_folds = penalties, num_folds

    def fit(self, codes: np.ndarray, labels: np.ndarray) -> LogisticRegressionCV:
        """codes: (n, D); labels: (n,), of two classes or more."""
        fit_together([(self, codes, labels)])
        return self

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """(n,) the class with the largest score."""
        scores = np.asarray(codes) @ self.coef_.T + self.intercept_
        places = (scores[:, 0] > 0).astype(int) if len(self.coef_) == 1 else np.argmax(scores, axis=1)
        return np.asarray(self.classes_[places])


def scikit_learn_model(penalties: Sequence[float] = PENALTIES, num_folds: int = NUM_FOLDS) -> Any:
    """The model of scikit-learn that `LogisticRegressionCV` equals.

    Whatever has another default in some version from 1.5 on is said, in that version's words."""
    from sklearn.linear_model import LogisticRegressionCV as Original
    from sklearn.model_selection import KFold

    is_new = "use_legacy_attributes" in inspect.signature(Original).parameters  # since 1.8, without `penalty`
    penalty = {"l1_ratios": (0.0,), "use_legacy_attributes": False} if is_new else {"penalty": "l2", "l1_ratios": None}
    return Original(Cs=list(penalties), cv=KFold(n_splits=num_folds), scoring="accuracy", solver="lbfgs", **penalty)


def fit_together(work: Sequence[tuple[LogisticRegressionCV, np.ndarray, np.ndarray]],
                 n_jobs: int | None = None) -> None:
    """Fits each model on its codes (n, D) and labels (n,); the folds of all of them share the threads."""
    problems = []
    for model, codes, labels in work:
        model.classes_ = np.unique(labels)
        if len(model.classes_) > 2:
            problems.append(_Problem(model, codes, labels))
        else:
            original = scikit_learn_model(model.penalties, model.num_folds)
            quietly(original.fit, np.asarray(codes, dtype=np.float64), labels)
            model.coef_, model.intercept_ = original.coef_, original.intercept_
            model.C_ = float(np.ravel(original.C_)[0])
    folds = [(problem, fold) for problem in problems for fold in range(len(problem.splits))]
    folds.sort(key=lambda item: -item[0].size)  # the longest first, so that no thread is left alone with one
    num_threads = num_blas_threads()
    are_found = [problem.find_parts(num_threads) for problem in problems]
    note("matrix products", OURS if all(are_found) else "all threads of BLAS")
    with threadpool_limits(1 if all(are_found) else None, "blas"):
        for (problem, fold), path in zip(folds, run_threads(_Problem.fit_fold, folds, n_jobs), strict=True):
            problem.paths[fold] = path
        run_threads(_Problem.refit, [(problem,) for problem in sorted(problems, key=lambda problem: -problem.size)],
                    n_jobs)


class _Problem:
    """One model and its data: a path of solutions for each fold, then the best penalty on all points."""

    def __init__(self, model: LogisticRegressionCV, codes: np.ndarray, labels: np.ndarray):
        from sklearn.model_selection import KFold

        self.model = model
        self.codes = np.ascontiguousarray(codes, dtype=np.float64)
        self.numbers = np.searchsorted(model.classes_, labels)
        self.num_classes = len(model.classes_)
        self.size = len(codes) * self.num_classes
        self.splits = list(KFold(n_splits=model.num_folds).split(codes))
        self.paths: dict[int, tuple[list[np.ndarray], list[float]]] = {}
        self.parts: dict[int, tuple[slice, ...]] = {}

    def find_parts(self, num_threads: int) -> bool:
        """Finds how one thread of BLAS gives what `num_threads` would; if it cannot, all have to be used."""
        sizes = sorted({len(self.codes), *(len(train) for train, _ in self.splits)})
        found = {size: parts(size, self.num_classes, self.codes.shape[1], num_threads) for size in sizes}
        self.parts = {size: over or (slice(0, size),) for size, over in found.items()}
        return None not in found.values()

    def loss(self, points: np.ndarray | slice) -> MultinomialLoss:
        """On some of the points."""
        codes = self.codes[points]
        return MultinomialLoss(codes, self.numbers[points], self.num_classes, self.parts[len(codes)])

    def fit_fold(self, fold: int) -> tuple[list[np.ndarray], list[float]]:
        """Weights for each penalty, each found from where the one before was left, and their accuracies."""
        train, test = self.splits[fold]
        loss = self.loss(train)
        weights, path, accuracies = np.zeros((self.codes.shape[1] + 1, self.num_classes)), [], []
        for penalty in self.model.penalties:
            weights = _minimize(loss, penalty, weights)
            path.append(weights)
            predicted = np.argmax(self.codes[test] @ weights[:-1] + weights[-1], axis=1)
            accuracies.append(float(np.mean(predicted == self.numbers[test])))
        return path, accuracies

    def refit(self) -> None:
        """The penalty with the best accuracy over the folds, from the mean of their weights."""
        model, paths = self.model, [self.paths[fold] for fold in range(len(self.splits))]
        best = int(np.argmax(np.sum([accuracies for _, accuracies in paths], axis=0)))
        start = np.mean([path[best] for path, _ in paths], axis=0)
        weights = _minimize(self.loss(slice(None)), model.penalties[best], start)
        model.coef_, model.intercept_, model.C_ = weights[:-1].T, weights[-1], float(model.penalties[best])


def _minimize(loss: MultinomialLoss, penalty: float, start: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    found = minimize(loss, start.ravel(), args=(1.0 / (penalty * loss.num_points),), method="L-BFGS-B", jac=True,
                     options=SOLVER_OPTIONS)
    return np.asarray(found.x.reshape(start.shape))


class MultinomialLoss:
    """Mean cross-entropy of class scores that are linear in the codes, with half the squared weights as penalty."""

    def __init__(self, codes: np.ndarray, labels: np.ndarray, num_classes: int, over: tuple[slice, ...]):
        """codes: (n, D) float64; labels: (n,) class numbers; over: the parts in which sums over points are made."""
        self.num_points, self._codes, self._labels, self._parts = len(codes), codes, labels, over
        self._scores, self._losses = np.empty((len(codes), num_classes)), np.empty(len(codes))

    def __call__(self, weights: np.ndarray, strength: float) -> tuple[float, np.ndarray]:
        """Loss and gradient at weights (D + 1, K), raveled; the intercepts, which come last, are free of penalty."""
        weights = weights.reshape(-1, self._scores.shape[1])
        slopes, scores = weights[:-1], self._scores
        np.matmul(self._codes, slopes, out=scores)
        turn_into_gradients(scores, weights[-1], self._labels, self._losses, is_libm_reproduced())
        gradient = np.empty(weights.shape)
        gradient[:-1] = (product(scores, self._codes, self._parts) + strength * slopes.T).T
        gradient[-1] = scores.sum(axis=0)
        raveled = slopes.ravel()
        loss = float(self._losses.sum() / self.num_points) + float(0.5 * strength * (raveled @ raveled))
        return loss, gradient.ravel()


@compiled()
def turn_into_gradients(scores: np.ndarray, intercepts: np.ndarray, labels: np.ndarray, losses: np.ndarray,
                        is_reproduced: bool) -> None:
    """Class scores (n, K), still without their intercepts (K,), become the gradients of the mean loss.

    losses: (n,) of each point."""
    num_points, num_classes = scores.shape
    rows_at_a_time = max(1, NUM_VALUES // num_classes)
    shifted, powers = np.empty(rows_at_a_time * num_classes), np.empty(rows_at_a_time * num_classes)
    spare, largest = np.empty(rows_at_a_time * num_classes), np.empty(rows_at_a_time)
    for first in range(0, num_points, rows_at_a_time):
        num_rows = min(rows_at_a_time, num_points - first)
        for row in range(num_rows):
            for k in range(num_classes):
                scores[first + row, k] += intercepts[k]
            best = scores[first + row, 0]
            for k in range(1, num_classes):
                best = scores[first + row, k] if best < scores[first + row, k] else best
            largest[row] = best
            for k in range(num_classes):
                shifted[row * num_classes + k] = scores[first + row, k] - best
        used = num_rows * num_classes
        fill_exponentials(shifted[:used], powers[:used], spare[:used], is_reproduced)
        for row in range(num_rows):
            total = 0.0
            for k in range(num_classes):
                total += powers[row * num_classes + k]
            label = labels[first + row]
            losses[first + row] = math.log(total) + largest[row] - scores[first + row, label]
            for k in range(num_classes):
                scores[first + row, k] = powers[row * num_classes + k] / total
            scores[first + row, label] -= 1.0
            for k in range(num_classes):
                scores[first + row, k] /= num_points


def _has_scikit_learns_bits() -> bool:
    """The strongest and the weakest penalty over two folds: one solver converges, the other stops before that."""
    stream = np.random.RandomState(0)
    codes = stream.standard_normal((90, 4)) * (0.1, 1.0, 3.0, 1.0)
    labels = np.argmax(codes @ stream.standard_normal((4, 3)) + stream.gumbel(size=(90, 3)), axis=1)
    codes += 5.0
    settings = ((PENALTIES[0], PENALTIES[-1]), 2)
    with threadpool_limits(1, "blas"):  # so small a product is not shared out; waiting threads cost more than all else
        theirs = scikit_learn_model(*settings)
        quietly(theirs.fit, codes, labels)
        ours = LogisticRegressionCV(*settings).fit(codes, labels)
    return np.array_equal(ours.coef_, theirs.coef_) and np.array_equal(ours.intercept_, theirs.intercept_)


SOLVER = FastPath("logistic regression", "scikit-learn", "1.9", _has_scikit_learns_bits)
