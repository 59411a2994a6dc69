"""Pictures resized with Pillow's Lanczos filter, as disentanglement_lib does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .threads import num_cores


def resize(pictures: np.ndarray, side: int = 64) -> np.ndarray:
    """(n, H, W) int32 or (n, H, W, 3) uint8 to side x side, type kept.

    Integers of 32 bits are not clipped: near hard edges results leave the range of the input."""
    from PIL import Image

    def resize_one(picture: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))

    with ThreadPoolExecutor(num_cores()) as pool:
        return np.stack(list(pool.map(resize_one, pictures)))
