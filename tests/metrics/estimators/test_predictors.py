"""Classifiers by gin name: parallel fits equal sequential ones, and any estimator can be plugged in."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from unbraid.metrics.estimators.predictors import accuracies, fit_factors, gradient_boosting_classifier
from unbraid.metrics.random_streams import as_random_state, hand_out

STREAM = np.random.RandomState(1)
CODES, FACTORS = STREAM.standard_normal((80, 3)).astype(np.float32), STREAM.randint(4, size=(80, 3))
FACTORS[:, 1] //= 2


def test_streams_are_handed_out_as_if_fits_ran_one_after_the_other():
    stream, expected = np.random.RandomState(0), np.random.RandomState(0)
    theirs = [GradientBoostingClassifier(random_state=expected, n_estimators=100).fit(CODES, labels)
              for labels in FACTORS.T]
    for factory in (gradient_boosting_classifier, GradientBoostingClassifier):
        stream.seed(0)
        ours = fit_factors(factory, CODES, FACTORS, stream, n_jobs=2)
        for our_model, their_model in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(our_model.feature_importances_, their_model.feature_importances_, atol=1e-12)
    assert stream.randint(2**31) == expected.randint(2**31)


def test_an_estimator_about_which_nothing_is_known_draws_on_the_stream_itself():
    ours = fit_factors(lambda: DecisionTreeClassifier(max_features=1), CODES, FACTORS, np.random.RandomState(3))
    stream = np.random.RandomState(3)
    theirs = [DecisionTreeClassifier(max_features=1, random_state=stream).fit(CODES, labels) for labels in FACTORS.T]
    for our_model, their_model in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(our_model.feature_importances_, their_model.feature_importances_)


def test_a_factor_with_one_value_has_no_model_and_no_accuracy():
    factors = FACTORS.copy()
    factors[:, 0] = 2
    models = fit_factors(DecisionTreeClassifier, CODES, factors, np.random.RandomState(0))
    assert models[0] is None
    train, test = accuracies(models, (CODES, factors), (CODES, factors))
    assert np.isnan([train[0], test[0]]).all()
    assert train[1:] == [1.0, 1.0]


def test_no_stream_is_numpys():
    assert as_random_state(None) is np.random.mtrand._rand
    saved = np.random.get_state()
    np.random.seed(4)
    handed = hand_out(as_random_state(None), 2)
    after = np.random.randint(2**31 - 1)
    np.random.set_state(saved)
    assert [handed.randint(2**31 - 1) for _ in range(3)][-1] == after
