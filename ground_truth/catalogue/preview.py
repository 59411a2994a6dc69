"""A picture of a data set: one row for each factor, traversed, everything else held fixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...common.errors import UserError
from ..bases.custom_data_sets import CustomTable
from ..bases.image_only import ImageOnlyData

MARGIN = 2
BACKGROUND = 190  # neither the white of three-dots nor the black of dSprites
LABEL_WIDTH = 110


def preview(data: Any, num_columns: int = 10, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: rows of images with the factors' names on the left.

    Every row starts from the same random configuration and shows up to `num_columns` values of its factor, evenly
    spread.  A data set that cannot be asked for any combination gives rows of random images.

    Raises UserError for one without images."""
    if not isinstance(data.observation_shape, list):
        raise UserError("This data set's observations are its factors; there are no images to show.")
    height, width = (side + MARGIN for side in data.observation_shape[:2])
    rows = list(_random_rows(data, num_columns, seed) if isinstance(data, (ImageOnlyData, CustomTable))
                else _traversals(data, num_columns, seed))
    picture = np.full((len(rows) * height, LABEL_WIDTH + num_columns * width, 3), BACKGROUND, dtype=np.uint8)
    for number, (label, images) in enumerate(rows):
        top = number * height
        picture[top : top + height, :LABEL_WIDTH] = _written(label, height)
        for column, image in enumerate(_as_bytes(images)):
            left = LABEL_WIDTH + column * width
            picture[top : top + height - MARGIN, left : left + width - MARGIN] = image
    return picture


def moving_preview(data: Any, seed: int = 0, num_frames: int = 60) -> list[np.ndarray]:
    """Frames (H, W, 3) uint8 of one image for each factor, side by side, in which that factor goes up and down once.

    Raises UserError where factors cannot be set one by one."""
    if not isinstance(data.observation_shape, list) or isinstance(data, (ImageOnlyData, CustomTable)):
        raise UserError("This data set has no images of any chosen factors, which would move; write a .png instead.")
    start = data.sample_factors(1, np.random.RandomState(seed))[0]
    moving = []
    for position, size in enumerate(data.factors_num_values):
        factors = np.tile(start, (num_frames, 1))
        factors[:, position] = cycle(start[position], size, num_frames)
        moving.append(_as_bytes(_on_one_stream(data, factors, seed)))
    gap = np.full((num_frames, data.observation_shape[0], MARGIN, 3), BACKGROUND, dtype=np.uint8)
    return list(np.concatenate([part for images in moving for part in (images, gap)][:-1], axis=2))


def cycle(start: int, size: int, num_frames: int) -> np.ndarray:
    """Values (num_frames,) of a factor of `size` values: from `start` up, down and back, as disentanglement_lib's."""
    places = (start + np.ceil(np.linspace(0, 2 * size, num_frames, endpoint=False)).astype(int)) % (2 * size)
    return np.minimum(places, 2 * size - 1 - places)


def _on_one_stream(data: Any, factors: np.ndarray, seed: int) -> np.ndarray:
    """Images one by one from the same stream, so that what the factors leave open stays as it is."""
    return np.concatenate([data.sample_observations_from_factors(row[None], np.random.RandomState(seed))
                           for row in factors])


def _traversals(data: Any, num_columns: int, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    start = data.sample_factors(1, np.random.RandomState(seed))[0]
    for position, size in enumerate(data.factors_num_values):
        values = np.unique(np.linspace(0, size - 1, min(num_columns, size)).astype(int))
        factors = np.tile(start, (len(values), 1))
        factors[:, position] = values
        yield f"{data.factor_names[position]} ({size})", _on_one_stream(data, factors, seed)


def _random_rows(data: Any, num_columns: int, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    images = np.asarray(data.sample_observations(5 * num_columns, np.random.RandomState(seed)))
    for row in range(5):
        yield "random images" if row == 0 else "", images[row * num_columns : (row + 1) * num_columns]


def _as_bytes(images: np.ndarray) -> np.ndarray:
    rounded = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    return np.broadcast_to(rounded, (*images.shape[:3], 3))


def _written(text: str, height: int) -> np.ndarray:
    from PIL import Image, ImageDraw

    label = Image.new("RGB", (LABEL_WIDTH, height), "white")
    ImageDraw.Draw(label).text((4, height // 2 - 6), text, fill="black")
    return np.asarray(label)
