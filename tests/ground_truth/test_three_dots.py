"""Three-dots against OpenCV, against JL1-VAE's own function, and against its training cache."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.sets.three_dots import (
    CANVAS,
    FRACTION_BITS,
    RADIUS,
    ThreeDots,
    ThreeDotsCache,
    ThreeDotsCacheSmall,
    disc_table,
)

GOLDENS = np.load(Path(__file__).parent / "goldens" / "reference.npz")
ALL_PLACES = np.stack(np.meshgrid(np.arange(64), np.arange(64), indexing="ij"), axis=-1).reshape(-1, 2)


def images_of(factors):
    return np.asarray(ThreeDots().sample_observations_from_factors(np.asarray(factors), np.random.RandomState(0)))


def digest(images):
    return hashlib.sha256(np.ascontiguousarray(images, dtype=np.float32).tobytes()).hexdigest()


def test_every_place_of_a_dot_equals_the_original():
    assert digest(images_of(np.tile(ALL_PLACES, 3))) == GOLDENS["threeDots/one_dot/images"].item()


def test_overlapping_and_cut_dots_equal_the_original():
    np.testing.assert_array_equal(images_of(GOLDENS["threeDots/near/factors"]), GOLDENS["threeDots/near/images"])


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_discs_equal_opencv(step):
    cv2 = pytest.importorskip("cv2")
    first, end = disc_table(64)
    columns = np.arange(CANVAS)
    for (x, y), row_first, row_end in zip(ALL_PLACES[::step], first[::step], end[::step], strict=True):
        canvas = np.ones((CANVAS, CANVAS, 1), dtype=np.uint8)
        centre = np.floor(CANVAS * np.array([x, y]) / 63 * 2**FRACTION_BITS).astype(int)
        cv2.circle(canvas, tuple(centre.tolist()), RADIUS, color=0, thickness=-1, shift=FRACTION_BITS)
        black = (columns >= row_first[:, None]) & (columns < row_end[:, None])
        np.testing.assert_array_equal(black, canvas[..., 0] == 0)


def test_the_order_of_the_dots_does_not_matter():
    factors = np.random.RandomState(0).randint(64, size=(50, 3, 2))
    np.testing.assert_array_equal(images_of(factors.reshape(-1, 6)), images_of(factors[:, [2, 0, 1]].reshape(-1, 6)))


def test_a_dot_on_top_of_another_changes_nothing():
    one = np.tile([20, 30], 3)
    two = np.array([20, 30, 50, 10, 20, 30])
    assert images_of([one]).sum() > images_of([two]).sum()
    np.testing.assert_array_equal(images_of([two]), images_of([[50, 10, 20, 30, 50, 10]]))


def test_a_coarser_grid_uses_the_same_corners():
    coarse = np.asarray(ThreeDots(2).sample_observations_from_factors(np.array([[0, 1, 1, 0, 1, 1]]), None))
    np.testing.assert_array_equal(coarse, images_of([[0, 63, 63, 0, 63, 63]]))


def test_the_cache_draws_as_the_original_does():
    images = ThreeDotsCache(200).sample_observations(7, np.random.RandomState(5))
    assert digest(images) == GOLDENS["threeDotsCache/images"].item()


def test_the_cache_gives_the_factors_of_its_images():
    factors, images = ThreeDotsCacheSmall().sample(9, np.random.RandomState(0))
    np.testing.assert_array_equal(np.asarray(images), images_of(factors))
