"""A grid of images with names: rows on the left, columns on top, a caption below each image where there is one.

Images are shown pixel for pixel, magnified by a whole number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .options import as_rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200  # of a PNG
GAP = 2  # pixels of an image between two of them
BACKGROUND = 0.75  # neither the white of three-dots nor the black of dSprites
LARGEST_CELL = 130  # an image is magnified up to this many pixels of a PNG
LARGEST_FIGURE = 24.0  # inches; beyond it images are magnified less
LETTER = 0.075  # inches that a letter of a label takes
LINE = 0.16  # inches that a line takes
FONT_SIZE = 8


@dataclasses.dataclass(frozen=True)
class Mosaic:
    """images: (R, C, H, W, 1 or 3) in [0, 1]; NaN leaves a cell blank.  rows, columns: their names, R and C or none.
    captions: R x C texts below the images, or none.  x_label, y_label: what columns and rows are, with units."""

    images: np.ndarray
    title: str
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    captions: Sequence[Sequence[str]] = ()
    x_label: str = ""
    y_label: str = ""


def mosaic_figure(mosaic: Mosaic) -> Figure:
    """The grid as a matplotlib figure, as large as its images ask for."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    num_rows, num_columns, height, width = mosaic.images.shape[:4]
    gap_below = _rows_of_caption(mosaic, height)
    picture = assembled(mosaic.images, gap_below)
    inches = _inches_per_pixel(picture.shape, width)
    left = 0.2 + LETTER * max(map(len, mosaic.rows), default=0) + (LINE + 0.08 if mosaic.y_label else 0)
    top = 0.12 + LINE * (1 + mosaic.title.count("\n")) * 1.15 + 0.1
    top += LINE * (max(name.count("\n") + 1 for name in mosaic.columns) + 0.4) if mosaic.columns else 0
    top += LINE + 0.04 if mosaic.x_label else 0
    size = picture.shape[1] * inches, picture.shape[0] * inches
    figure_width = max(left + size[0] + 0.15, 0.3 + LETTER * max(map(len, mosaic.title.split("\n"))) * 1.12)
    figure_height = top + size[1] + 0.15
    figure = Figure(figsize=(figure_width, figure_height), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((left / figure_width, 0.15 / figure_height, size[0] / figure_width,
                            size[1] / figure_height))
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    _name_axes(axes, mosaic, height, width, gap_below)
    figure.text(0.1 / figure_width, 1 - 0.1 / figure_height, mosaic.title, ha="left", va="top", fontsize=FONT_SIZE + 1)
    return figure


def assembled(images: np.ndarray, gap_below: int = 0) -> np.ndarray:
    """(R, C, H, W, channels) as one picture (height, width, 3) in [0, 1], a gap around each image.

    gap_below: pixels below each row, for captions, in white."""
    rows, columns, height, width = images.shape[:4]
    step = height + GAP + gap_below
    picture = np.full((rows * step + GAP, columns * (width + GAP) + GAP, 3), BACKGROUND, dtype=np.float32)
    for row, column in np.ndindex(rows, columns):
        if np.isfinite(images[row, column]).all():
            top, left = GAP + row * step, GAP + column * (width + GAP)
            picture[top : top + height, left : left + width] = as_rgb(images[row, column])
    if gap_below:
        for row in range(rows):
            end = (row + 1) * step
            picture[end - gap_below + GAP : end] = 1
        picture[-gap_below:] = 1
    return picture


def blank(images: np.ndarray) -> np.ndarray:
    """Cells of the shape of `images` that stay empty."""
    return np.full_like(images, np.nan, dtype=np.float32)


def _rows_of_caption(mosaic: Mosaic, height: int) -> int:
    """Pixels of an image that its caption needs below it."""
    lines = max((text.count("\n") + 1 for row in mosaic.captions for text in row), default=0)
    return int(np.ceil(lines * LINE * 0.85 * DPI / max(1, LARGEST_CELL // height))) + (GAP if lines else 0)


def _inches_per_pixel(shape: tuple[int, ...], width: int) -> float:
    """A whole number of pixels of a PNG for each pixel of an image, smaller where the figure would be too large."""
    magnified = max(1, LARGEST_CELL // width)
    while magnified > 1 and max(shape[:2]) * magnified / DPI > LARGEST_FIGURE:
        magnified -= 1
    return magnified / DPI


def _name_axes(axes: Axes, mosaic: Mosaic, height: int, width: int, gap_below: int) -> None:
    rows, columns = mosaic.images.shape[:2]
    middles_x = GAP + np.arange(columns) * (width + GAP) + (width - 1) / 2
    middles_y = GAP + np.arange(rows) * (height + GAP + gap_below) + (height - 1) / 2
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(middles_x if mosaic.columns else [], list(mosaic.columns), fontsize=FONT_SIZE)
    axes.set_yticks(middles_y if mosaic.rows else [], list(mosaic.rows), fontsize=FONT_SIZE)
    axes.set_xlabel(mosaic.x_label, fontsize=FONT_SIZE)
    axes.set_ylabel(mosaic.y_label, fontsize=FONT_SIZE)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    for row, texts in enumerate(mosaic.captions):
        for column, text in enumerate(texts):
            axes.text(middles_x[column], middles_y[row] + height / 2 + GAP, text, ha="center", va="top",
                      fontsize=FONT_SIZE - 1.5)
