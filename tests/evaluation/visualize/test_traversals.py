"""Traversals: each image is the decoder's at the codes that its row and column name."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.common.errors import UserError
from unbraid.evaluation.visualize.model import Model
from unbraid.evaluation.visualize.shared.kl import by_falling_kl
from unbraid.evaluation.visualize.shared.mosaic import Mosaic, assembled, blank
from unbraid.evaluation.visualize.shared.options import Options
from unbraid.evaluation.visualize.traversals import (
    absolute_values,
    data_values,
    gaussian_values,
    ordered_codes,
    traversal_mosaic,
    traversal_values,
    traverse,
    with_start,
)


def test_a_row_is_what_the_decoder_makes_of_those_codes(model: Model) -> None:
    start = np.array([0.3, -1.0, 0.5, 2.0], dtype=np.float32)
    values = np.array([[-2.0, 0.0, 1.0], [0.5, 1.5, 2.5]])
    pictures = traverse(model.decode, start, [2, 0], values)
    assert pictures.shape == (2, 3, 64, 64, 1)
    for row, code in enumerate([2, 0]):
        for column in range(3):
            moved = start.copy()
            moved[code] = values[row, column]
            np.testing.assert_allclose(pictures[row, column], model.decoder(moved[None])[0], atol=1e-6)


def test_absolute_values_reach_from_end_to_end() -> None:
    assert absolute_values(2, 2, 5).tolist() == [[-2, -1, 0, 1, 2]] * 2


def test_quantiles_of_a_gaussian_lie_around_its_mean() -> None:
    values = gaussian_values(0.95, np.array([0.0, 3.0]), np.array([1.0, 0.5]), 3)
    np.testing.assert_allclose(values, [[-1.959964, 0, 1.959964], [3 - 0.979982, 3, 3 + 0.979982]], atol=1e-6)


def test_quantiles_of_data_are_those_of_each_code() -> None:
    codes = np.stack([np.arange(101.0), 10 * np.arange(101.0)], axis=1)
    np.testing.assert_allclose(data_values(0.9, codes, 3), [[5, 50, 95], [50, 500, 950]])


def test_a_quantile_range_from_the_posterior_is_that_of_the_image(model: Model) -> None:
    image = np.asarray(model.data.sample_observations(1, np.random.RandomState(3)))
    mean, log_variance = model.posterior(image)
    values = traversal_values(model, Options(quantile=0.6826895, steps=3), np.array([1, 3]), image[0])
    std = np.exp(log_variance[0, [1, 3]] / 2)
    np.testing.assert_allclose(values[:, 1], mean[0, [1, 3]], atol=1e-5)
    np.testing.assert_allclose(values[:, 2] - values[:, 1], std, rtol=1e-5)


def test_the_prior_can_be_traversed_over_the_codes_of_the_data(model: Model) -> None:
    images = model.data.sample_observations(1000, np.random.RandomState(0))
    low, high = np.quantile(model.encode(images)[:, 2], [0.1, 0.9])
    values = traversal_values(model, Options(quantile=0.8, quantile_of="data", steps=2), np.array([2]), None)
    np.testing.assert_allclose(values, [[low, high]], rtol=1e-5)


def test_a_source_of_quantiles_that_there_is_not(model: Model) -> None:
    with pytest.raises(UserError, match=r"Unknown source of quantiles 'dat'\. Did you mean data"):
        traversal_values(model, Options(quantile=0.8, quantile_of="dat"), np.array([2]), None)


def test_codes_are_sorted_by_falling_kl_divergence(model: Model) -> None:
    assert by_falling_kl(np.array([0.1, 2.0, 0.1, 3.0]), np.arange(4)).tolist() == [3, 1, 0, 2]
    order = ordered_codes(model, Options(sort="kl"))
    assert (np.diff(model.kl[order]) <= 0).all()
    assert sorted(order) == [0, 1, 2, 3]
    assert ordered_codes(model, Options(codes=[3, 1])).tolist() == [3, 1]


def test_a_code_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"--codes names 4, -1, but the model has the codes 0 to 3\."):
        Options(codes=[0, 4, -1]).chosen_codes(4)


def test_values_stand_on_top_where_rows_share_them_and_beside_the_names_otherwise() -> None:
    pictures = np.zeros((2, 3, 8, 8, 1))
    shared = traversal_mosaic(pictures, absolute_values(1, 2, 3), ["z0", "z1"], "")
    assert (list(shared.columns), list(shared.rows)) == (["-1.00", "+0.00", "+1.00"], ["z0", "z1"])
    own = traversal_mosaic(pictures, np.array([[0, 1, 2], [3, 4, 5]]), ["z0", "z1"], "")
    assert list(own.rows) == ["z0  +0.00 to +2.00", "z1  +3.00 to +5.00"]


def test_the_image_of_the_start_stands_in_front() -> None:
    mosaic = with_start(Mosaic(np.zeros((2, 3, 4, 4, 1)), "", columns=["a", "b", "c"]), np.ones((4, 4, 1)),
                        np.full((4, 4, 1), 0.5))
    assert mosaic.columns == ["image", "decoded", "a", "b", "c"]
    assert mosaic.images[0, :3, 0, 0, 0].tolist() == [1, 0.5, 0]
    assert np.isnan(mosaic.images[1, :2]).all()


def test_a_grid_shows_every_pixel_once_with_a_frame_around() -> None:
    images = np.random.RandomState(0).uniform(size=(2, 3, 5, 4, 1))
    images[1, 2] = blank(images[1, 2])
    picture = assembled(images, [3, 0])
    assert picture.shape == (2 * (5 + 2) + 3 + 2, 3 * (4 + 2) + 2, 3)
    np.testing.assert_allclose(picture[2:7, 8:12], np.repeat(images[0, 1], 3, axis=2))
    np.testing.assert_allclose(picture[12:17, 2:6], np.repeat(images[1, 0], 3, axis=2))
    assert (picture[12:17, 15:] == 1).all()  # the blank cell
    assert (picture[9:10] == 1).all()  # room for captions
