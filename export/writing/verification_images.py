"""Images to verify an export on: real ones of a data set, or made-up ones where none is named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...common.commands.wording import option
from ...common.errors import UserError
from ...ground_truth.registry import data_sets

NUM_IMAGES = 64


def verification_images(image_shape: Sequence[int] | None, data_set: str | None) -> np.ndarray:
    """(n, H, W, C) float32 in [0, 1]: images of the data set, or smooth random pictures where none is named.

    image_shape: (C, H, W) of the model's images, None if it is not known.
    Raises UserError when the data set's images are of another shape, or when neither is known."""
    if data_set is None:
        if image_shape is None:
            raise UserError("A pickled module does not say which images it takes; name the data set with "
                            f"{option('data_set', 'NAME')}.")
        return _made_up_images(*image_shape)
    images = images_of_data_set(data_set)
    if image_shape is None:
        return images
    channels, height, width = image_shape
    if images.shape[1:] != (height, width, channels):
        raise UserError(f"The model takes images (C, H, W) = {tuple(image_shape)}, but those of {data_set} are "
                        f"{(images.shape[3], *images.shape[1:3])}; name the one it was trained on with "
                        f"{option('data_set', 'NAME')}.")
    return images


def images_of_data_set(name: str) -> np.ndarray:
    """(n, H, W, C) float32 in [0, 1] of a data set, always the same ones."""
    observations = data_sets()[name]().sample_observations(NUM_IMAGES, np.random.RandomState(0))
    return np.asarray(observations, dtype=np.float32)


def _made_up_images(channels: int, height: int, width: int) -> np.ndarray:
    coarse = np.random.RandomState(0).uniform(size=(NUM_IMAGES, channels, 4, 4))
    fine = np.kron(coarse, np.ones((1, 1, -(-height // 4), -(-width // 4))))[:, :, :height, :width]
    return fine.transpose(0, 2, 3, 1).astype(np.float32)
