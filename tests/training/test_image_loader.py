"""Every loader gives the images that the data set itself makes, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unbraid.ground_truth.bases.byte_images import OUT_OF_255, ByteImages
from unbraid.ground_truth.ground_truth_data import GridGroundTruth
from unbraid.training.data.image_loader import ByteLoader, FloatLoader, ResidentLoader, make_image_loader


class Noise(ByteImages, GridGroundTruth):
    """Random bytes by grid index; three channels, so that a mistake in the layout shows."""

    grid_factor_names = ("a", "b")
    grid_factor_sizes = (7, 5)
    image_shape = (4, 6, 3)
    pixel_values = OUT_OF_255

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        images = np.random.RandomState(0).randint(256, size=(35, 4, 6, 3)).astype(np.uint8)
        return images[indices] if draws is None else images[indices] // 2 + draws.reshape(-1, 1, 1, 1)


class Shifted(Noise):
    """As Noise, with a brightness drawn for each image."""

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.randint(100, size=num).astype(np.uint8)


@pytest.mark.parametrize("data", [Noise(), Shifted()])
@pytest.mark.parametrize("loader", [ByteLoader, ResidentLoader])
def test_loaders_agree_to_the_bit(data: Noise, loader: type[ByteLoader]) -> None:
    observations = data.sample_observations(16, np.random.RandomState(1))
    images = loader(data, "cpu")(observations)
    assert images.shape == (16, 3, 4, 6)
    torch.testing.assert_close(images, FloatLoader("cpu")(observations), rtol=0, atol=0)
    np.testing.assert_array_equal(images.numpy(), np.asarray(observations).transpose(0, 3, 1, 2))


def test_on_the_cpu_the_data_set_makes_the_floats() -> None:
    assert isinstance(make_image_loader(Noise(), "cpu"), FloatLoader)


@pytest.mark.gpu
def test_on_a_gpu_a_set_that_fits_stays_there() -> None:
    loader = make_image_loader(Noise(), "cuda")
    assert isinstance(loader, ResidentLoader)
    observations = Noise().sample_observations(16, np.random.RandomState(1))
    torch.testing.assert_close(loader(observations).cpu(), FloatLoader("cpu")(observations), rtol=0, atol=0)
