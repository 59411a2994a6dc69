"""Trees, leaf values, decision values and importances have scikit-learn's bits, the same seed given."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from sklearn.ensemble import GradientBoostingClassifier

from unbraid.common.errors import UserError
from unbraid.metrics.estimators.trees.classifier import BoostedTrees
from unbraid.metrics.estimators.trees.memory import LEAF
from unbraid.metrics.estimators.trees.stages import pairwise_sum

GROWS_OUR_TREES = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9)  # before, another criterion
pytestmark = pytest.mark.skipif(not GROWS_OUR_TREES, reason="scikit-learn before 1.9 grows other trees")


def assert_equal(codes, labels, num_stages=100):
    theirs = GradientBoostingClassifier(random_state=np.random.RandomState(3), n_estimators=num_stages)
    streams = np.random.RandomState(3), np.random.RandomState(3)
    theirs.set_params(random_state=streams[0]).fit(codes, labels)
    ours = BoostedTrees(streams[1], num_stages).fit(codes, labels)
    for stage, trees in enumerate(theirs.estimators_):
        for k, estimator in enumerate(trees):
            tree, ours_at = estimator.tree_, (stage, k, slice(estimator.tree_.node_count))
            is_leaf = tree.children_left == -1
            np.testing.assert_array_equal(ours.nodes.feature[ours_at], np.where(is_leaf, LEAF, tree.feature))
            np.testing.assert_array_equal(ours.nodes.threshold[ours_at], np.where(is_leaf, 0, tree.threshold))
            np.testing.assert_array_equal(ours.nodes.value[ours_at][is_leaf], tree.value[is_leaf, 0, 0])
            np.testing.assert_array_equal(ours.nodes.impurity[ours_at], tree.impurity)
    decision = ours.decision_function(codes)
    np.testing.assert_array_equal(np.squeeze(decision), theirs.decision_function(codes))
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)
    np.testing.assert_array_equal(ours.predict(codes), theirs.predict(codes))
    np.testing.assert_array_equal(ours.predict(codes), ours.training_predictions_)
    assert streams[0].randint(2**31) == streams[1].randint(2**31)


def points(num, num_classes, seed=0):
    stream = np.random.RandomState(seed)
    labels = np.concatenate([np.arange(num_classes), stream.randint(num_classes, size=num - num_classes)])
    codes = stream.standard_normal((num, 10)).astype(np.float32)
    codes[:, 0] += labels
    return codes, labels


@pytest.mark.parametrize(("num", "num_classes", "num_stages"), [
    (10, 2, 100), (10, 3, 100), (10, 8, 50), (100, 2, 100), (100, 3, 100), (100, 8, 30), (1000, 2, 100), (1000, 3, 40),
    (1000, 8, 5)])
def test_distinct_codes(num, num_classes, num_stages):
    assert_equal(*points(num, num_classes), num_stages)


def test_rows_drawn_twice():
    codes, labels = points(500, 5)
    codes[250:], labels[250:] = codes[:250], labels[:250]
    assert_equal(codes, labels, 30)


def test_a_constant_and_a_doubled_column():
    codes, labels = points(100, 3)
    codes[:, 4], codes[:, 5] = 0.1, codes[:, 6]
    assert_equal(codes, labels)


def test_a_few_ties_among_few_points():
    for seed in range(5):
        codes, labels = points(200, 4, seed)
        codes[:20, 3], codes[40:50, 0] = codes[20:40, 3], codes[60:70, 0]
        assert_equal(codes, labels, 15)


def test_a_doubled_column_of_many_points():
    codes, labels = points(3000, 3)
    codes[:, 5] = codes[:, 6]
    assert_equal(codes, labels, 5)


@pytest.mark.parametrize("copy", [np.array, lambda column: 2 * column, np.negative, np.exp, np.floor],
                         ids=["same", "scaled", "negated", "monotone", "coarse"])
def test_copies_of_a_column_with_few_ties_of_many_points(copy):
    for seed, num_classes in ((0, 2), (0, 3), (1, 3), (2, 2), (2, 3)):
        codes, labels = points(2500, num_classes, seed)
        codes = codes[:, :6]
        codes[:100, 0] = codes[100:200, 0]
        codes[:, 5] = copy(codes[:, 0])
        assert_equal(codes, labels, 4)


@pytest.mark.parametrize("num_values", [2, 13])
def test_few_values_a_column(num_values):
    stream = np.random.RandomState(1)
    assert_equal(stream.randint(num_values, size=(400, 6)).astype(np.float32), stream.randint(4, size=400), 40)


def test_chains_of_values_closer_than_the_smallest_gap():
    stream = np.random.RandomState(1)
    codes = np.concatenate([
        stream.standard_normal((300, 3)), stream.randint(13, size=(300, 3)) * 3e-8,
        1 + 1e-7 * stream.standard_normal((300, 3)), 1e-7 * stream.standard_normal((300, 2))], axis=1)
    assert_equal(codes.astype(np.float32), stream.randint(5, size=300), 40)


def test_a_block_of_ties_at_the_end():
    codes, labels = points(300, 4)
    codes[:, :3] = np.minimum(codes[:, :3], 0.2)
    assert_equal(codes, labels, 40)


def test_labels_that_are_not_consecutive_numbers():
    codes, labels = points(100, 3)
    assert_equal(codes, labels.astype(np.float32) * 3 - 1, 20)


def test_random_sets_of_all_kinds():
    for seed in range(6):
        stream = np.random.RandomState(seed)
        num = stream.randint(4, 250)
        codes = stream.standard_normal((num, 5)) * 10.0 ** stream.randint(-8, 4, size=5) + stream.randint(-2, 3, size=5)
        labels = np.minimum(stream.geometric(0.4, size=num), 6)
        labels[:2] = 1, 2
        assert_equal(codes.astype(np.float32), labels, 25)


def test_threads_change_nothing():
    codes, labels = points(2500, 6)
    alone = BoostedTrees(np.random.RandomState(0), 5, n_jobs=1).fit(codes, labels)
    together = BoostedTrees(np.random.RandomState(0), 5, n_jobs=3).fit(codes, labels)
    for ours, theirs in zip(alone.nodes, together.nodes, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_accidental_ties_among_many_points_leave_the_splits_alone():
    codes, labels = points(4000, 3)
    codes[:100, 2] = codes[100:200, 2]
    theirs = GradientBoostingClassifier(random_state=np.random.RandomState(0), n_estimators=10).fit(codes, labels)
    ours = BoostedTrees(np.random.RandomState(0), 10).fit(codes, labels)
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.decision_function(codes), theirs.decision_function(codes), rtol=0, atol=1e-10)


def test_one_class_and_nan_are_named():
    codes, labels = points(20, 2)
    with pytest.raises(UserError, match=r"two classes or more; all 20 are 7"):
        BoostedTrees().fit(codes, np.full(20, 7))
    with pytest.raises(UserError, match="NaN or infinity"):
        BoostedTrees().fit(np.where(codes > 1, np.nan, codes), labels)


@pytest.mark.parametrize("num", [1, 7, 8, 100, 129, 5000])
def test_sums_are_numpys(num):
    values = np.random.RandomState(num).standard_normal(num + 3)
    assert pairwise_sum(values, 3, num) == values[3:].sum()
