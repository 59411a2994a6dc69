"""The code table: every image encoded once, whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.common.errors import UserError
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.evaluation.sampling.points import sample_codes
from unbraid.ground_truth.ground_truth_data import GridGroundTruth
from unbraid.ground_truth.sets.three_dots import ThreeDots


class Ramp(GridGroundTruth):
    """Images whose two pixels are the grid index, scaled, and a constant."""

    grid_factor_names = ("a", "b", "c")
    grid_factor_sizes = (4, 3, 5)
    image_shape = (1, 2, 1)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        pixels = np.stack([indices / 60, np.full(len(indices), 0.5)], axis=1)
        return pixels.reshape(-1, 1, 2, 1).astype(np.float32)


class Tinted(Ramp):
    """As Ramp, times a brightness drawn for each image; the factor c is hidden."""

    latent_factor_indices = (0, 1)

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.uniform(size=num)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        assert draws is not None
        return super().render(indices) * draws.reshape(-1, 1, 1, 1).astype(np.float32)


class Black(Ramp):
    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return np.zeros((len(indices), 1, 2, 1), dtype=np.float32)


class CountingEncoder:
    def __init__(self) -> None:
        self.num_images, self.batches = 0, []

    def __call__(self, images: np.ndarray) -> np.ndarray:
        self.num_images += len(images)
        self.batches.append(len(images))
        return images.reshape(len(images), -1)[:, :2]


def test_codes_are_those_of_the_images() -> None:
    data, encoder = Ramp(), CountingEncoder()
    observations = data.sample_observations(500, np.random.RandomState(0))
    table = CodeTable(encoder, batch_size=7)
    np.testing.assert_array_equal(table(observations), CountingEncoder()(np.asarray(observations)))


def test_each_image_of_a_grid_is_encoded_once() -> None:
    data, encoder = Ramp(), CountingEncoder()
    table = CodeTable(encoder, batch_size=16)
    for seed in range(3):
        table(data.sample_observations(200, np.random.RandomState(seed)))
    assert encoder.num_images == data.num_images == table.num_encoded
    assert max(encoder.batches) == 16


def test_images_with_draws_of_their_own_are_encoded_as_drawn() -> None:
    data, encoder = Tinted(), CountingEncoder()
    observations = data.sample_observations(50, np.random.RandomState(0))
    codes = CodeTable(encoder)(observations)
    assert encoder.num_images == 50
    np.testing.assert_array_equal(codes, CountingEncoder()(np.asarray(observations)))
    assert len(np.unique(codes[:, 0])) > 40


def test_a_request_to_a_large_data_set_is_answered_once() -> None:
    data, encoder = ThreeDots(), CountingEncoder()
    table = CodeTable(encoder)
    first = table(data.sample_observations(40, np.random.RandomState(0)))
    again = table(data.sample_observations(40, np.random.RandomState(0)))
    table(data.sample_observations(40, np.random.RandomState(1)))
    np.testing.assert_array_equal(first, again)
    assert encoder.num_images == 80


def test_a_table_that_may_not_keep_codes_does_not() -> None:
    data, encoder = Ramp(), CountingEncoder()
    table = CodeTable(encoder, cached=False)
    for _ in range(2):
        table(data.sample_observations(30, np.random.RandomState(0)))
    assert encoder.num_images == 60


def test_two_data_sets_do_not_share_codes() -> None:
    table = CodeTable(CountingEncoder())
    ramp, zeros = Ramp(), Black()
    assert table(ramp.sample_observations(30, np.random.RandomState(0))).max() > 0
    assert table(zeros.sample_observations(30, np.random.RandomState(0))).max() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_codes_that_are_no_numbers_are_refused(value: float) -> None:
    table = CodeTable(lambda images: np.full((len(images), 2), value))
    with pytest.raises(UserError, match=r"gives (nan|inf) for latent 0 of image 0.*finite codes"):
        table(Ramp().sample_observations(3, np.random.RandomState(0)))


def test_drawing_first_and_encoding_once_gives_what_encoding_as_drawn_gives() -> None:
    """The reference draws, encodes, draws, encodes ...; hidden factors and brightness come from the same stream."""
    data, state = Tinted(), np.random.RandomState(3)
    codes, factors = sample_codes(data, CodeTable(CountingEncoder()), 50, state, batch_size=16)
    reference_state, reference_codes, reference_factors = np.random.RandomState(3), [], []
    for size in (16, 16, 16, 2):
        batch_factors, batch = data.sample(size, reference_state)
        reference_codes.append(CountingEncoder()(np.asarray(batch)))
        reference_factors.append(batch_factors)
    np.testing.assert_array_equal(codes, np.vstack(reference_codes))
    np.testing.assert_array_equal(factors, np.vstack(reference_factors))
    assert state.randint(1 << 30) == reference_state.randint(1 << 30)


def test_a_data_set_that_returns_arrays_works_too() -> None:
    class Arrays:
        factors_num_values = (4, 3, 5)

        def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
            factors, observations = Ramp().sample(num, random_state)
            return factors, np.asarray(observations)

    for data in (Ramp(), Arrays()):
        codes, factors = sample_codes(data, CountingEncoder(), 40, np.random.RandomState(0), batch_size=16)
        assert codes.shape == (40, 2)
        np.testing.assert_allclose(codes[:, 0] * 60, factors @ [15, 5, 1], rtol=1e-5)


def test_sizes_must_be_positive() -> None:
    with pytest.raises(UserError, match="Asked to draw 0 points in batches of 16; both must be at least 1"):
        sample_codes(Ramp(), CountingEncoder(), 0, np.random.RandomState(0), 16)
