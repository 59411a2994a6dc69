"""Pairs of images: which factors are drawn anew, how often, and from which seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError
from unbraid.ground_truth.bases.image_only import ImageOnlyData
from unbraid.ground_truth.sets.dummy_data import DummyData
from unbraid.ground_truth.sets.three_dots import ThreeDots
from unbraid.training.data.image_loader import make_image_loader
from unbraid.training.data.pairs import PairBatches, change_factors

SIZES = [3, 10, 4, 6]


def pairs_of(num: int, k: int, seed: int = 0, **options: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random_state = np.random.RandomState(seed)
    factors = np.stack([random_state.randint(size, size=num) for size in SIZES], axis=1)
    return factors, *change_factors(factors, SIZES, random_state, k=k, **options)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_one_factor_or_k_are_drawn_anew_equally_often(k: int) -> None:
    factors, changed, last = pairs_of(4000, k, force_change=True)
    counts = (factors != changed).sum(axis=1)
    assert set(counts) == {1, k}
    if k > 1:
        assert (counts == k).mean() == pytest.approx(0.5, abs=0.03)
    rows = np.arange(len(factors))
    assert (factors != changed)[rows, last].all(), "the label is one of the changed factors"


def test_k_can_be_drawn_for_every_pair() -> None:
    factors, changed, _ = pairs_of(6000, -1, force_change=True)
    counts = np.bincount((factors != changed).sum(axis=1), minlength=5) / 6000
    # One with probability 1/2 + 1/2 * 1/3; two and three with 1/2 * 1/3 each; never all four.
    np.testing.assert_allclose(counts, [0, 2 / 3, 1 / 6, 1 / 6, 0], atol=0.02)


def test_every_factor_is_the_changed_one_equally_often() -> None:
    last = pairs_of(8000, -1)[2]
    np.testing.assert_allclose(np.bincount(last) / 8000, 0.25, atol=0.02)


def test_a_new_value_may_be_the_old_one_unless_it_must_not() -> None:
    factors, changed, last = pairs_of(8000, 1)
    same = [(factors[last == column, column] == changed[last == column, column]).mean() for column in range(4)]
    np.testing.assert_allclose(same, [1 / size for size in SIZES], atol=0.03)
    assert not (pairs_of(500, 1, force_change=True)[0] == pairs_of(500, 1, force_change=True)[1]).all(axis=1).any()


def test_new_values_are_uniform() -> None:
    _, changed, last = pairs_of(20000, 1)
    np.testing.assert_allclose(np.bincount(changed[last == 1, 1]) / (last == 1).sum(), 0.1, atol=0.02)


@pytest.mark.parametrize(("k", "sizes"), [(0, SIZES), (5, SIZES), (-2, SIZES), (-1, [7])])
def test_impossible_numbers_of_changes_are_refused(k: int, sizes: list[int]) -> None:
    with pytest.raises(ConfigurationError, match=rf"dynamics.k is {k}, but the data set has {len(sizes)} factors"):
        change_factors(np.zeros((2, len(sizes)), dtype=int), sizes, np.random.RandomState(0), k=k)


def batches(seed: int = 0, batch_size: int = 5) -> PairBatches:
    data = ThreeDots()
    return PairBatches(data, batch_size, seed, make_image_loader(data, "cpu"))


def test_a_batch_holds_first_images_then_second_ones() -> None:
    with configured([], ["dynamics.k = 1", "dynamics.force_change = True"]):
        pairs = next(batches())
    assert pairs.images.shape == (10, 1, 64, 64)
    assert pairs.changed.shape == (5,)
    first, second = pairs.images.chunk(2)
    assert ((first != second).flatten(1).sum(dim=1) > 0).all(), "every pair differs"
    assert not torch.equal(first[0], first[1])


def test_the_stream_is_its_seed_s_and_goes_on_from_a_state() -> None:
    with configured([], ["dynamics.k = -1"]):
        stream, again, other = batches(3), batches(3), batches(4)
        first = next(stream)
        assert torch.equal(first.images, next(again).images)
        assert not torch.equal(first.images, next(other).images)
        state = stream.state()
        expected = next(stream)
        other.restore(state)
        resumed = next(other)
    assert torch.equal(resumed.images, expected.images)
    assert torch.equal(resumed.changed, expected.changed)


def test_data_without_factors_has_no_pairs() -> None:
    class Pictures(ImageOnlyData):
        num_images = 3
        observation_shape = (4, 4, 1)

        def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
            return np.zeros((len(indices), 4, 4, 1), dtype=np.float32)

    with pytest.raises(ConfigurationError, match=r"Pictures has images only; .* need a dataset.name with"):
        PairBatches(Pictures(), 2, 0, make_image_loader(Pictures(), "cpu"))


def test_k_is_checked_before_the_first_batch() -> None:
    with configured([], ["dynamics.k = 99"]), pytest.raises(ConfigurationError, match=r"dynamics.k is 99"):
        PairBatches(DummyData(), 2, 0, make_image_loader(DummyData(), "cpu"))
