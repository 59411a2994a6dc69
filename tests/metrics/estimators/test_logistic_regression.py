"""Cross-validated logistic regression: scikit-learn's weights to the bit, though its solver stops unconverged."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn

from unbraid.metrics.estimators.logistic_regression import (
    LogisticRegressionCV,
    MultinomialLoss,
    fit_together,
    scikit_learn_model,
)
from unbraid.metrics.estimators.predictors import logistic_regression_cv

PARTS = (slice(0, 4), slice(4, None))
CASES = {  # points, classes, how far apart classes are
    "ten points": (10, 3, 1.0), "a class in one fold only": (12, 6, 1.0), "unconverged": (300, 12, 5.0),
    "many classes": (400, 32, 0.5), "more scores than fit into the cache": (1500, 6, 1.0), "two classes": (100, 2, 1.0),
}


def points_of(case):
    num_points, num_classes, scale = CASES[case]
    stream = np.random.RandomState(len(case))
    codes = (stream.standard_normal((num_points, 5)) * [0.1, 1, 3, 1, 0]).astype(np.float32)
    scores = codes @ stream.standard_normal((5, num_classes)) * scale + stream.gumbel(size=(num_points, num_classes))
    labels = np.argmax(scores, axis=1)
    labels[:num_classes] = np.arange(num_classes)
    return codes, labels * 3 + 1


@pytest.mark.parametrize("case", CASES)
def test_weights_and_predictions_are_scikit_learns(case):
    codes, labels = points_of(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = scikit_learn_model().fit(codes, labels)
        except ValueError as error:
            if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9):
                raise
            pytest.skip(f"scikit-learn {sklearn.__version__} cannot fit where a fold lacks a class: {error}")
    ours = LogisticRegressionCV().fit(codes, labels)
    np.testing.assert_array_equal(ours.coef_, theirs.coef_)
    np.testing.assert_array_equal(ours.intercept_, theirs.intercept_)
    np.testing.assert_array_equal(ours.C_, np.ravel(theirs.C_)[0])
    np.testing.assert_array_equal(ours.predict(codes), theirs.predict(codes))


@pytest.mark.slow
def test_weights_are_scikit_learns_where_threads_of_blas_change_the_last_bit():
    stream = np.random.RandomState(0)
    codes = stream.standard_normal((3750, 10))
    labels = np.argmax(codes @ stream.standard_normal((10, 40)) + stream.gumbel(size=(3750, 40)), axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = scikit_learn_model().fit(codes, labels)
    np.testing.assert_array_equal(LogisticRegressionCV().fit(codes, labels).coef_, theirs.coef_)


def test_models_fitted_together_are_those_fitted_alone():
    tasks = [points_of(case) for case in CASES]
    together = [LogisticRegressionCV() for _ in tasks]
    fit_together([(model, *task) for model, task in zip(together, tasks, strict=True)], n_jobs=3)
    for model, task in zip(together, tasks, strict=True):
        alone = LogisticRegressionCV()
        fit_together([(alone, *task)], n_jobs=1)
        np.testing.assert_array_equal(model.coef_, alone.coef_)


def test_the_loss_by_its_definition():
    stream = np.random.RandomState(0)
    codes, labels, weights = stream.standard_normal((7, 2)), np.array([0, 1, 2, 2, 1, 0, 2]), stream.randn(3, 3)
    expected = 0.05 * np.sum(weights[:2] ** 2)
    for point, label in zip(codes, labels, strict=True):
        scores = weights[:2].T @ point + weights[2]
        expected += (np.log(np.sum(np.exp(scores))) - scores[label]) / 7
    mean_loss = MultinomialLoss(codes, labels, 3, PARTS)
    loss, gradient = mean_loss(weights.ravel(), 0.1)
    assert loss == pytest.approx(expected, abs=1e-14)
    for place in range(9):
        step = np.zeros(9)
        step[place] = 1e-5
        higher, lower = (mean_loss(weights.ravel() + sign * step, 0.1)[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((higher - lower) / 2e-5, abs=1e-9)


def test_scikit_learns_own_stays_selectable():
    assert type(logistic_regression_cv("scikit-learn")).__module__.startswith("sklearn")
    with pytest.raises(ValueError, match="implementation of logistic regression 'quick'"):
        logistic_regression_cv("quick")
