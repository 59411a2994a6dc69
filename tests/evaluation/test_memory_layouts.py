"""Compiled estimators give for any layout and type of their arrays what they give for plain ones, and check sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from unbraid.common.errors import UserError
from unbraid.evaluation.sampling.draws import draw_integers
from unbraid.metrics.estimators.logistic_regression import LogisticRegressionCV
from unbraid.metrics.estimators.trees.classifier import BoostedTrees
from unbraid.metrics.information.posterior_entropy import latent_entropies

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "column by column": np.asfortranarray,
    "backwards": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "every third": lambda array: array.repeat(3, axis=0)[::3],
    "columns mirrored": lambda array: np.ascontiguousarray(array[..., ::-1])[..., ::-1],
    "read only": lambda array: np.frombuffer(array.tobytes(), dtype=array.dtype).reshape(array.shape),
    "other byte order": lambda array: array.astype(array.dtype.newbyteorder()),
}
POINTS = np.random.RandomState(0).randn(60, 4).astype(np.float32)
LABELS = np.digitize(POINTS[:, 0] + POINTS[:, 1] * POINTS[:, 2], [-0.5, 0.5])


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    return LAYOUTS[request.param]


@pytest.mark.parametrize("label_type", [np.int64, np.uint8, np.float64, str])
def test_trees(layout, label_type) -> None:
    labels = layout(LABELS.astype(label_type))
    theirs = GradientBoostingClassifier(random_state=np.random.RandomState(0), n_estimators=5).fit(POINTS, LABELS)
    ours = BoostedTrees(np.random.RandomState(0), num_stages=5).fit(layout(POINTS), labels)
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)
    np.testing.assert_array_equal(ours.predict(layout(POINTS)), theirs.predict(POINTS).astype(labels.dtype))


def test_trees_read_integers_and_lists() -> None:
    whole = np.rint(10 * POINTS).astype(np.int32)
    ours, theirs = (BoostedTrees(np.random.RandomState(0), num_stages=5).fit(codes, LABELS.tolist())
                    for codes in (whole.tolist(), whole.astype(np.float32)))
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)


@pytest.mark.parametrize(("codes", "labels", "message"), [
    (POINTS, LABELS[:-1], r"codes \(60, 4\) and labels \(59,\)"),
    (POINTS, np.append(LABELS, 1), r"codes \(60, 4\) and labels \(61,\)"),
    (POINTS, LABELS[:, None], r"codes \(60, 4\) and labels \(60, 1\)"),
    (POINTS[:, 0], LABELS, r"codes \(60,\) and labels \(60,\)"),
])
def test_trees_check_sizes(codes, labels, message: str) -> None:
    with pytest.raises(UserError, match=message):
        BoostedTrees(np.random.RandomState(0)).fit(codes, labels)


@pytest.mark.parametrize("width", [3, 5])
def test_trees_predict_only_for_codes_as_fitted(width: int) -> None:
    trees = BoostedTrees(np.random.RandomState(0), num_stages=2).fit(POINTS, LABELS)
    with pytest.raises(UserError, match=rf"codes of shape \(60, {width}\); expected \(n, 4\)"):
        trees.predict(np.zeros((60, width)))


def test_logistic_regression(layout) -> None:
    ours = LogisticRegressionCV().fit(layout(POINTS), layout(LABELS))
    plain = LogisticRegressionCV().fit(POINTS, LABELS)
    np.testing.assert_array_equal(ours.coef_, plain.coef_)
    np.testing.assert_array_equal(ours.predict(layout(POINTS)), plain.predict(POINTS))


def test_posterior_entropies(layout) -> None:
    means, log_variances = POINTS, -np.abs(POINTS[::-1])
    found = latent_entropies(layout(means[:20]), layout(means), layout(log_variances))
    np.testing.assert_allclose(found, latent_entropies(means[:20], means, log_variances), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint32, ">i4"])
def test_draws(dtype) -> None:
    sizes, counts = np.array([3, 0, 40, 0, 1, 0, 7, 0])[::2].astype(dtype), np.array([2, 3, 1, 4]).astype(dtype)
    ours, theirs = np.random.RandomState(0), np.random.RandomState(0)
    expected = [np.concatenate([theirs.randint(size, size=count) for size, count in zip(
        sizes.tolist(), counts.tolist(), strict=True)]) for _ in range(5)]
    np.testing.assert_array_equal(draw_integers(ours, sizes, counts, 5), expected)
    assert ours.randint(1000) == theirs.randint(1000)
