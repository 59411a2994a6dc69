"""A grid of images with names: rows on the left, columns on top, a caption below each image where there is one.

Images are shown pixel for pixel, magnified by a whole number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .drawing import as_rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200  # of a PNG
GAP = 2  # pixels of an image between two of them
BACKGROUND = 0.75  # neither the white of three-dots nor the black of dSprites
LARGEST_CELL = 130  # an image is magnified up to this many pixels of a PNG
LARGEST_FIGURE = 24.0  # inches; beyond it images are magnified less
LETTER = 0.067  # inches that a letter of a label takes
LINE = 0.16  # inches that a line takes
MARGIN = 0.12  # inches around everything
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

    height, width = mosaic.images.shape[2:4]
    magnified = _magnification(mosaic.images.shape)
    gaps = _caption_gaps(mosaic, magnified)
    picture = assembled(mosaic.images, gaps)
    inches = magnified / DPI
    left, top = _room_for_names(mosaic)
    size = picture.shape[1] * inches, picture.shape[0] * inches
    title_width = LETTER * max(map(len, mosaic.title.split("\n")))
    figure_width, figure_height = max(left + size[0], title_width) + 2 * MARGIN, top + size[1] + 2 * MARGIN
    figure = Figure(figsize=(figure_width, figure_height), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(((MARGIN + left) / figure_width, MARGIN / figure_height, size[0] / figure_width,
                            size[1] / figure_height))
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    _name_axes(axes, mosaic, height, width, gaps)
    figure.text(MARGIN / figure_width, 1 - MARGIN / figure_height, mosaic.title, ha="left", va="top",
                fontsize=FONT_SIZE + 1)
    return figure


def assembled(images: np.ndarray, gaps_below: Sequence[int] | None = None) -> np.ndarray:
    """(R, C, H, W, channels) as one picture (height, width, 3) in [0, 1], a thin frame around each image.

    gaps_below: white pixels below each row, for captions.  Blank cells are white."""
    rows, columns, height, width = images.shape[:4]
    tops = _tops(height, gaps_below or [0] * rows)
    picture = np.ones((tops[-1], columns * (width + GAP) + GAP, 3), dtype=np.float32)
    for row, column in np.ndindex(rows, columns):
        if np.isfinite(images[row, column]).all():
            top, left = tops[row] + GAP, GAP + column * (width + GAP)
            picture[top - GAP : top + height + GAP, left - GAP : left + width + GAP] = BACKGROUND
            picture[top : top + height, left : left + width] = as_rgb(images[row, column])
    return picture


def _tops(height: int, gaps_below: Sequence[int]) -> list[int]:
    """Where each row begins, and after them where the picture ends."""
    tops = [0]
    for gap in gaps_below:
        tops.append(tops[-1] + height + GAP + gap)
    return [*tops[:-1], tops[-1] + GAP]


def blank(images: np.ndarray) -> np.ndarray:
    """Cells of the shape of `images` that stay empty."""
    return np.full_like(images, np.nan, dtype=np.float32)


def _caption_gaps(mosaic: Mosaic, magnified: int) -> list[int]:
    """Pixels of an image that the captions of each row need below it."""
    per_line = LINE * 0.85 * DPI / magnified
    lines = [max((text.count("\n") + 1 for text in row if text), default=0) for row in mosaic.captions]
    return [int(np.ceil(count * per_line)) + (GAP if count else 0) for count in lines or [0] * len(mosaic.images)]


def _room_for_names(mosaic: Mosaic) -> tuple[float, float]:
    """Inches on the left and on top of the images."""
    left = LETTER * max(map(len, mosaic.rows), default=0) + (0.1 if mosaic.rows else 0)
    top = LINE * (mosaic.title.count("\n") + 1) + 0.08
    top += LINE * max(name.count("\n") + 1 for name in mosaic.columns) + 0.06 if mosaic.columns else 0
    return left + (LINE + 0.05 if mosaic.y_label else 0), top + (LINE if mosaic.x_label else 0)


def _magnification(shape: tuple[int, ...]) -> int:
    """How many pixels of a PNG a pixel of an image gets each way: fewer where the figure would be too large."""
    rows, columns, height, width = shape[:4]
    longest = max(rows * (height + GAP), columns * (width + GAP))
    return max(1, min(LARGEST_CELL // width, int(LARGEST_FIGURE * DPI / longest)))


def _name_axes(axes: Axes, mosaic: Mosaic, height: int, width: int, gaps: Sequence[int]) -> None:
    middles_x = GAP + np.arange(mosaic.images.shape[1]) * (width + GAP) + (width - 1) / 2
    middles_y = GAP + np.array(_tops(height, gaps)[:-1]) + (height - 1) / 2
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
