"""Sprites in one colour on another."""

from __future__ import annotations

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.numerics.plain_arrays import plain
from ...common.numerics.threads import in_threads


def paint(sprites: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Images (n, H, W, 3) float32 of sprites (n, H, W, 1) uint8, with the colours (n, 3) inside and outside of them."""
    images = np.empty((*sprites.shape[:3], 3), dtype=np.float32)
    sprites = plain(sprites, np.uint8)  # one compiled version serves all
    inside, outside = (np.ascontiguousarray(colors, dtype=np.float32) for colors in (inside, outside))
    in_threads(lambda start, stop: _paint(sprites[start:stop, :, :, 0], inside[start:stop], outside[start:stop],
                                          images[start:stop]), len(sprites))
    return images


@compiled()
def _paint(sprites: np.ndarray, inside: np.ndarray, outside: np.ndarray, images: np.ndarray) -> None:
    for image in range(len(sprites)):
        for row in range(sprites.shape[1]):
            for column in range(sprites.shape[2]):
                color = inside[image] if sprites[image, row, column] else outside[image]
                for channel in range(3):
                    images[image, row, column, channel] = color[channel]
