"""Order of random draws: what the references draw from RandomState(0) on the real grids; needs no data file."""

import numpy as np
import pytest

from unbraid.ground_truth.ground_truth_data import sample_columns
from unbraid.ground_truth.sets.cars3d import Cars3D
from unbraid.ground_truth.sets.dsprites import DSprites, DSpritesNoShape
from unbraid.ground_truth.sets.dsprites_variants import ColorDSprites
from unbraid.ground_truth.sets.dummy_data import DummyData, IdentityObservationsData, IdentityObservationsJL1
from unbraid.ground_truth.sets.mpi3d import MPI3DReal
from unbraid.ground_truth.sets.norb import SmallNORB
from unbraid.ground_truth.sets.shapes3d import Shapes3D

FACTORS = [
    (DSprites, [[0, 2, 1, 17, 9], [1, 4, 38, 5, 20], [0, 0, 39, 25, 19], [1, 0, 23, 13, 16], [1, 4, 24, 8, 19]]),
    (DSprites, [[0, 3, 39, 21, 23], [1, 3, 9, 18, 6], [0, 3, 19, 4, 24]]),
    (DSpritesNoShape, [[4, 3, 9, 18], [5, 3, 19, 4], [0, 39, 21, 23]]),
    (ColorDSprites, [[0, 0, 3, 9, 21], [1, 3, 39, 19, 18]]),
    (Shapes3D, [[5, 3, 3, 4, 0, 10], [0, 7, 5, 7, 0, 1], [3, 9, 2, 6, 0, 6]]),
    (Cars3D, [[0, 0, 103], [3, 3, 9], [1, 3, 21]]),
    (SmallNORB, [[4, 3, 4, 2], [0, 7, 6, 1], [3, 3, 12, 0]]),
    (MPI3DReal, [[4, 3, 1, 1, 2, 12, 39], [5, 3, 1, 2, 0, 1, 23], [0, 3, 1, 0, 0, 38, 24]]),
    (DummyData, [[4, 0, 3, 3, 3, 1, 3, 2, 4, 0], [0, 4, 2, 1, 0, 1, 1, 0, 1, 4]]),
    (IdentityObservationsData, [[6, 1, 4, 4, 8, 10, 4, 6, 3, 5]]),
    (IdentityObservationsJL1, [[5, 0, 3, 3, 7, 9, 3, 5, 2, 4]]),
]


def without_files(data_set):
    """A data set that can draw factors; its images are not there."""
    return object.__new__(data_set)


@pytest.mark.parametrize(("data_set", "expected"), FACTORS)
def test_factors_of_seed_zero(data_set, expected):
    factors = without_files(data_set).sample_factors(len(expected), np.random.RandomState(0))
    np.testing.assert_array_equal(factors, expected)


@pytest.mark.parametrize(("data_set", "num", "column", "drawn"), [
    (DSpritesNoShape, 3, 1, [2, 0, 0]), (DSpritesNoShape, 3, 0, [0, 0, 0]), (SmallNORB, 3, 1, [1, 5, 9])])
def test_residual_factors_are_drawn_with_the_observations(data_set, num, column, drawn):
    _, observations = without_files(data_set).sample(num, np.random.RandomState(0))
    factors = np.unravel_index(observations.indices, data_set.grid_factor_sizes)
    assert factors[column].tolist() == drawn


def test_colors_are_drawn_after_the_factors():
    _, observations = without_files(ColorDSprites).sample(2, np.random.RandomState(0))
    np.testing.assert_allclose(observations.draws, [[0.718794, 0.945887, 0.981831], [0.691721, 0.895863, 0.764447]],
                               atol=5e-7)


def test_noise_is_drawn_after_the_factors():
    state = np.random.RandomState(0)
    data = DummyData()
    data.sample_factors(2, state)
    pixels = np.asarray(data.sample_observations_from_factors(np.zeros((1, 10), dtype=int), state)).ravel()
    np.testing.assert_allclose(pixels[:2], [0.0202183974, 0.8326198455], rtol=1e-6)


def test_a_factor_with_one_value_costs_no_draw():
    first, second = np.random.RandomState(1), np.random.RandomState(1)
    np.testing.assert_array_equal(sample_columns([1, 7, 1, 5], 9, first)[:, [1, 3]], sample_columns([7, 5], 9, second))
    assert first.randint(1000) == second.randint(1000)
