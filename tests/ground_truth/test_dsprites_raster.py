"""The renderer of dSprites against real images and against sums over the whole data set."""

from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.drawing.dsprites_raster import GRID_SIZES, draw_sprites
from unbraid.ground_truth.named_data import get_named_ground_truth_data

# Twelve images of the real data set with their factor values (amir-abdi/disentanglement-pytorch, data/test_dsets).
REAL_IMAGES = Path(__file__).parent / "fixtures" / "dsprites_12_real_images.npz"
IMAGES_OF_ONE_SHAPE = 6 * 40 * 32 * 32
# White pixels over all scales, orientations and positions.  The sum, 128,328,864, is two more than the 128,328,862 that
# disent's published mean of the real data set amounts to.
WHITE_PIXELS = {"square": 53_612_886, "ellipse": 42_070_950, "heart": 32_645_028}
FEWEST_AND_MOST = {
    "square": [(81, 100), (121, 144), (169, 196), (225, 256), (288, 324), (360, 400)],
    "ellipse": [(68, 78), (98, 109), (136, 148), (177, 192), (226, 241), (282, 297)],
    "heart": [(50, 62), (75, 88), (103, 116), (136, 150), (174, 192), (217, 233)],
}


def test_the_renderer_draws_the_real_images():
    with np.load(REAL_IMAGES) as real:
        values, images = real["latents_values"], real["imgs"]
    indices = np.ravel_multi_index(
        [np.rint(column).astype(int) for column in [
            values[:, 1] - 1, (values[:, 2] - 0.5) * 10, values[:, 3] * 39 / (2 * np.pi), values[:, 4] * 31,
            values[:, 5] * 31]], GRID_SIZES)
    assert indices[0] == 471900
    np.testing.assert_array_equal(draw_sprites(indices)[..., 0], images)


@pytest.mark.parametrize(("number", "shape"), list(enumerate(WHITE_PIXELS)))
def test_white_pixels_of_the_whole_data_set(number, shape):
    start = number * IMAGES_OF_ONE_SHAPE
    areas = np.concatenate([
        draw_sprites(np.arange(first, first + 8192)).sum(axis=(1, 2, 3), dtype=np.int64)
        for first in range(start, start + IMAGES_OF_ONE_SHAPE, 8192)]).reshape(6, -1)
    assert areas.sum() == WHITE_PIXELS[shape]
    assert list(zip(areas.min(axis=1), areas.max(axis=1), strict=True)) == FEWEST_AND_MOST[shape]


def test_first_and_last_orientation_are_the_same_image():
    shapes, positions = np.arange(3), np.arange(32)
    first, last = (np.ravel_multi_index(np.ix_(shapes, [5], [orientation], positions, [7]), GRID_SIZES).ravel()
                   for orientation in (0, 39))
    np.testing.assert_array_equal(draw_sprites(first), draw_sprites(last))


def test_no_sprite_touches_the_border():
    largest = np.ravel_multi_index(np.ix_(np.arange(3), [5], np.arange(40), [0, 31], [0, 31]), GRID_SIZES).ravel()
    seen = draw_sprites(largest).any(axis=(0, 3))
    assert [np.flatnonzero(seen.any(axis=axis))[[0, -1]].tolist() for axis in (0, 1)] == [[3, 60], [3, 60]]


@pytest.mark.parametrize(("name", "shape"), [("dsprites_square", 0), ("dsprites_ellipse", 1), ("dsprites_heart", 2)])
def test_sets_of_one_shape_are_that_third_of_dsprites(name: str, shape: int) -> None:
    whole, part = (get_named_ground_truth_data(known) for known in ("dsprites_full", name))
    assert part.factors_num_values == whole.factors_num_values[1:]
    factors = part.sample_factors(50, np.random.RandomState(0))
    with_shape = np.concatenate([np.full((50, 1), shape), factors], axis=1)
    np.testing.assert_array_equal(part.sample_observations_from_factors(factors, np.random.RandomState(1)),
                                  whole.sample_observations_from_factors(with_shape, np.random.RandomState(1)))
