"""The numbers behind the other pictures: divergences, errors, principal axes, replaced codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from unbraid.evaluation.visualize.eigen import principal_axes
from unbraid.evaluation.visualize.gif_traversals import there_and_back
from unbraid.evaluation.visualize.largest_kl import replaced_codes
from unbraid.evaluation.visualize.model import Model
from unbraid.evaluation.visualize.reconstructions import reconstruct, reconstruction_mosaic, squared_errors
from unbraid.evaluation.visualize.shared.kl import kl_between, kl_per_code


@pytest.fixture
def posteriors() -> tuple[np.ndarray, ...]:
    random_state = np.random.RandomState(0)
    return tuple(random_state.normal(size=(6, 3)).astype(np.float32) for _ in range(4))


def normal(mean: np.ndarray, log_variance: np.ndarray) -> Normal:
    return Normal(torch.from_numpy(mean).double(), torch.from_numpy(np.exp(log_variance.astype(np.float64) / 2)))


def test_kl_from_the_prior_is_torchs(posteriors: tuple[np.ndarray, ...]) -> None:
    expected = kl_divergence(normal(*posteriors[:2]), Normal(0.0, 1.0)).mean(dim=0)
    np.testing.assert_allclose(kl_per_code(*posteriors[:2]), expected, rtol=1e-10)
    assert kl_per_code(np.zeros((2, 3)), np.zeros((2, 3))).tolist() == [0, 0, 0]


def test_kl_between_images_is_torchs(posteriors: tuple[np.ndarray, ...]) -> None:
    expected = kl_divergence(normal(*posteriors[:2]), normal(*posteriors[2:]))
    np.testing.assert_allclose(kl_between(*posteriors), expected, rtol=1e-6)
    assert not kl_between(*posteriors[:2], *posteriors[:2]).any()


def test_the_models_kl_is_that_of_a_thousand_images(model: Model) -> None:
    images = model.data.sample_observations(1000, np.random.RandomState(0))
    np.testing.assert_allclose(model.kl, kl_per_code(*model.posterior(images)), rtol=1e-10)


def test_codes_of_largest_divergence_are_replaced_first() -> None:
    first, second = np.array([[1.0, 2, 3, 4]]), np.array([[10.0, 20, 30, 40]])
    codes, order = replaced_codes(first, second, np.array([[0.1, 5, 0.2, 7]]), 2)
    assert order.tolist() == [[3, 1]]
    assert codes[0].tolist() == [[1, 2, 3, 4], [1, 2, 3, 40], [1, 20, 3, 40], [10, 20, 30, 40]]


def test_principal_axes_of_a_rotated_gaussian() -> None:
    angle = np.pi / 6
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.random.RandomState(0).normal(size=(200000, 2)) * [1.0, 3.0] @ rotation.T
    values, vectors = principal_axes(points)
    np.testing.assert_allclose(values, [9, 1], rtol=0.02)
    np.testing.assert_allclose(np.abs(vectors), np.abs(rotation[:, ::-1]), atol=0.02)  # a column for each axis


def test_a_reconstruction_is_the_decoders_image_of_the_codes(model: Model) -> None:
    images = np.asarray(model.data.sample_observations(2, np.random.RandomState(1)))
    reconstructions = reconstruct(model.encode, model.decode, images)
    np.testing.assert_allclose(reconstructions, model.decoder(model.posterior(images)[0]), atol=1e-6)
    errors = squared_errors(images, reconstructions)
    assert errors[1] == pytest.approx(np.mean((images[1].astype(np.float64) - reconstructions[1]) ** 2))


def test_reconstructions_stand_below_their_images() -> None:
    images = np.arange(3.0).reshape(3, 1, 1, 1) / 3
    mosaic = reconstruction_mosaic(images, images + 0.1, np.array([0.1, 0.2, 0.3]), columns=2)
    shown = mosaic.images[:, :, 0, 0, 0]
    np.testing.assert_allclose(shown, [[0, 1 / 3], [0.1, 1 / 3 + 0.1], [2 / 3, np.nan], [2 / 3 + 0.1, np.nan]])
    assert mosaic.captions[3] == ["0.3", ""]


def test_a_gif_goes_there_and_back_without_a_jump() -> None:
    assert there_and_back(4) == [0, 1, 2, 3, 2, 1]
    assert there_and_back(2) == [0, 1]
