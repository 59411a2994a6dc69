"""The user's own dSprites file, in every form it is found in the wild, kept as one bit a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...common.errors import DataError
from .arrays.array_source import ArraySource
from .arrays.decoded import decoded
from .arrays.open_array import array_source

IMAGE_BITS = 64 * 64


class SpriteFile:
    """dSprites' images from a file: original .npz or .hdf5, its unzipped `imgs.npy`, or disent's copy (0 and 255)."""

    def __init__(self, path: Path, num_images: int):
        """Decodes the file at first use into a copy of one bit a pixel (377 MB; the original inflates to 3 GB).

        Raises DataError unless it holds `num_images` images of 64 x 64 pixels."""
        source = array_source(path, "imgs")
        if source.shape[:3] != (num_images, 64, 64) or source.shape[3:] not in {(), (1,)} or source.dtype != np.uint8:
            raise DataError(f"{source} has shape {source.shape} and type {source.dtype}; dSprites is "
                            f"({num_images}, 64, 64) uint8.")
        self.path = path
        self.packed = decoded("bits", [path], (num_images, IMAGE_BITS // 8), np.uint8, lambda: pack(source))

    def __call__(self, indices: np.ndarray) -> np.ndarray:
        """(n, 64, 64, 1) uint8, 0 or 1."""
        return np.unpackbits(self.packed[indices], axis=1).reshape(-1, 64, 64, 1)


def pack(source: ArraySource) -> Iterator[np.ndarray]:
    """Blocks (n, 512) uint8, eight pixels a byte.  Raises DataError for a pixel that is not black or white."""
    white = 0
    for block in source.blocks():
        white = white or int(block.max(initial=0))
        if white not in (0, 1, 255) or ((block != 0) & (block != white)).any():
            values = ", ".join(map(str, np.unique(block)[:5]))
            raise DataError(f"{source} has pixels of the values {values}; dSprites has 0 and 1, or 0 and 255.")
        yield np.packbits(block.reshape(len(block), IMAGE_BITS) != 0, axis=1)
