"""Order of random draws: factors that disentanglement_lib gives for RandomState(0), with no data file needed."""

import numpy as np
import pytest
from unbraid.ground_truth.registry import data_sets

# Recorded from the reference classes; also in the data sets' documentation.
FACTORS = {
    "dsprites_full": [[0, 2, 1, 17, 9], [1, 4, 38, 5, 20], [0, 0, 39, 25, 19], [1, 0, 23, 13, 16], [1, 4, 24, 8, 19]],
    "dsprites_noshape": [[4, 3, 9, 18], [5, 3, 19, 4], [0, 39, 21, 23]],
}



@pytest.mark.parametrize("name", FACTORS)
def test_factors_of_seed_zero(name):
    expected = FACTORS[name]
    np.testing.assert_array_equal(data_sets()[name]().sample_factors(len(expected), np.random.RandomState(0)), expected)


def test_dsprites_noshape_draws_the_shape_after_the_factors():
    _, observations = data_sets()["dsprites_noshape"]().sample(3, np.random.RandomState(0))
    shapes = np.unravel_index(observations.indices, (1, 3, 6, 40, 32, 32))[1]
    assert shapes.tolist() == [2, 0, 0]


def test_dsprites_are_black_and_white_float32():
    images = np.asarray(data_sets()["dsprites_full"]().sample_observations(4, np.random.RandomState(0)))
    assert images.shape == (4, 64, 64, 1)
    assert images.dtype == np.float32
    assert set(np.unique(images)) == {0, 1}
