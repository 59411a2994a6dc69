"""Images, and what is left of them after encoding and decoding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options

Function = Callable[[np.ndarray], np.ndarray]


def reconstruct(encode: Function, decode: Function, images: np.ndarray) -> np.ndarray:
    """(n, H, W, C): the decoder's images of the codes of `images` (n, H, W, C)."""
    return decode(encode(images))


def squared_errors(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """(n,) mean squared difference over the pixels and channels of each image, at most 1."""
    return np.square(np.asarray(images, dtype=np.float64) - reconstructions).mean(axis=(1, 2, 3))


@kind("reconstruct")
def draw_reconstructions(model: Model, options: Options) -> Iterator[Drawing]:
    """Pairs of rows: images, and their reconstructions with the squared error of each."""
    rows, columns = options.grid
    pairs = max(1, rows // 2)
    images = chosen_images(model.data, options, pairs * columns)
    reconstructions = reconstruct(model.encode, model.decode, images)
    errors = squared_errors(images, reconstructions)
    yield Drawing("reconstruct", "images and their reconstructions", mosaic_figure(
        reconstruction_mosaic(images, reconstructions, errors, columns)))


def reconstruction_mosaic(images: np.ndarray, reconstructions: np.ndarray, errors: np.ndarray,
                          columns: int) -> Mosaic:
    """Rows of `columns` images, each with the row of its reconstructions below."""
    columns = min(columns, len(images))
    pairs = -(-len(images) // columns)
    cells = np.full((2 * pairs, columns, *images.shape[1:]), np.nan, dtype=np.float32)
    captions = [[""] * columns for _ in range(2 * pairs)]
    for i, (image, reconstruction) in enumerate(zip(images, reconstructions, strict=True)):
        row, column = 2 * (i // columns), i % columns
        cells[row, column], cells[row + 1, column] = image, reconstruction
        captions[row + 1][column] = f"{errors[i]:.2g}"
    return Mosaic(cells, f"Reconstructions; below each its mean squared error per pixel (all: {errors.mean():.2g})",
                  ["image", "reconstruction"] * pairs, captions=captions)
