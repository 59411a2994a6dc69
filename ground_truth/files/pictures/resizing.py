"""Pictures resized with Pillow, with a Lanczos filter unless said otherwise, as disentanglement_lib does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ....common.numerics.threads import num_cores


def resize(pictures: np.ndarray, side: int = 64, bilinear: bool = False) -> np.ndarray:
    """(n, H, W) uint8 or int32, or (n, H, W, 3) uint8, to side x side, type kept.

    Integers of 32 bits are not clipped: near hard edges results leave the range of the input."""
    from PIL import Image

    resampling = Image.Resampling.BILINEAR if bilinear else Image.Resampling.LANCZOS

    def resize_one(picture: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(picture).resize((side, side), resampling))

    with ThreadPoolExecutor(num_cores()) as pool:
        return np.stack(list(pool.map(resize_one, pictures)))


def resize_channels(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """(n, H, W, C) uint8, or float32 in [0, 1], to (n, height, width, C) of the same type and range."""
    from PIL import Image

    def resize_one(image: np.ndarray) -> np.ndarray:
        return np.stack([np.asarray(Image.fromarray(image[..., channel]).resize(
            (width, height), Image.Resampling.LANCZOS)) for channel in range(image.shape[-1])], axis=-1)

    with ThreadPoolExecutor(num_cores()) as pool:
        resized = np.stack(list(pool.map(resize_one, images)))
    return resized if resized.dtype == np.uint8 else np.clip(resized, 0, 1)
