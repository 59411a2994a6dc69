"""Full grids of images that lie as bytes in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..files.arrays.array_source import ArraySource
from ..files.arrays.decoded import Images, open_images
from ..files.arrays.open_array import array_source
from ..ground_truth_data import GridGroundTruth
from .byte_images import OUT_OF_255, ByteImages


class StoredGrid(ByteImages, GridGroundTruth):
    """A grid whose image number i is row i of `images`, 0 to 255."""

    pixel_values = OUT_OF_255
    images: Images

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.images[indices]


def open_grid(path: Path, image_shape: Sequence[int], expected: dict[int, str], *keys: str) -> Images:
    """The images of a file, (N, *image_shape) uint8; axes of factors in front are joined to one.

    expected: the numbers of images that are possible, and what each of them is.  Raises DataError for other files."""
    source = array_source(path, *keys)
    rows = flatten(source, image_shape)
    if rows.shape[0] not in expected:
        possible = " or ".join(f"{number} ({meaning})" for number, meaning in expected.items())
        raise DataError(f"{source} has {rows.shape[0]} images; expected {possible}.")
    return open_images(rows)


def flatten(source: ArraySource, image_shape: Sequence[int]) -> ArraySource:
    """`source` as (N, *image_shape).  Raises DataError when its last axes or its type differ."""
    last_axes = len(image_shape)
    if source.shape[-last_axes:] != tuple(image_shape) or len(source.shape) <= last_axes or source.dtype != np.uint8:
        raise DataError(f"{source} has shape {source.shape} and type {source.dtype}; expected images of shape "
                        f"(N, {', '.join(map(str, image_shape))}) and type uint8.")
    num_images = int(np.prod(source.shape[:-last_axes], dtype=np.int64))
    return source.reshape((num_images, *image_shape))
