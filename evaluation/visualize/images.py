"""Which images of the data set are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.errors import UserError
from .options import Options


def chosen_images(data: Any, options: Options, num: int) -> np.ndarray:
    """(n, H, W, C) float32: those of `options.image_indices`, or `num` (or `options.num_images`) drawn by the seed."""
    if options.image_indices is not None:
        return images_at(data, options.image_indices)
    num = num if options.num_images is None else options.num_images
    return np.asarray(data.sample_observations(num, options.random_state()), dtype=np.float32)


def images_at(data: Any, indices: Any) -> np.ndarray:
    """(n, H, W, C) float32 images by their places in the data set.  Raises UserError for places it does not have."""
    indices = np.asarray(indices, dtype=np.int64)
    count = getattr(data, "num_images", None)
    if count is None or not hasattr(data, "render"):
        raise UserError(f"--image_indices: the images of {type(data).__name__} are not numbered; let --seed draw them.")
    if wrong := [int(index) for index in indices if not 0 <= index < count]:
        raise UserError(f"--image_indices names {', '.join(map(str, wrong))}, but the data set has the images 0 to "
                        f"{count - 1}.")
    draws = data.draw(len(indices), np.random.RandomState(0)) if hasattr(data, "draw") else None
    return np.asarray(data.render(indices, draws), dtype=np.float32)
