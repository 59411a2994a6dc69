"""Figures that are not images: heat maps with named rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT_SIZE = 8
MOST_NAMES = 40  # on one axis
LARGEST_WITH_NUMBERS = 16  # rows or columns; beyond it the numbers could not be read


def new_figure(width: float, height: float, dpi: int = 200) -> Figure:
    """A figure of this size in inches, without pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def heat_map_figure(matrix: np.ndarray, title: str, rows: Sequence[str], columns: Sequence[str], x_label: str = "",
                    y_label: str = "", unit: str = "") -> Figure:
    """A matrix (R, C) as a heat map; its numbers are written in where there is room.  unit: of the colour bar."""
    figure = new_figure(2.2 + 0.42 * max(matrix.shape[1], 6), 1.5 + max(0.3 * min(matrix.shape[0], 24), 1.5))
    heat_map(figure.add_subplot(), matrix, title, rows, columns, x_label, y_label, unit)
    return figure


def heat_map(axes: Axes, matrix: np.ndarray, title: str, rows: Sequence[str], columns: Sequence[str],
             x_label: str = "", y_label: str = "", unit: str = "", **options: Any) -> None:
    """The same on axes that exist; options go to `imshow`."""
    image = axes.imshow(matrix, aspect="auto", cmap="viridis", interpolation="nearest", **options)
    assert axes.figure is not None
    bar = axes.figure.colorbar(image, ax=axes)
    bar.set_label(unit, fontsize=FONT_SIZE)
    bar.ax.tick_params(labelsize=FONT_SIZE)
    if max(matrix.shape) <= LARGEST_WITH_NUMBERS:
        middle = (np.nanmin(matrix) + np.nanmax(matrix)) / 2
        for row, column in np.ndindex(*matrix.shape):
            axes.text(column, row, f"{matrix[row, column]:.2f}", ha="center", va="center", fontsize=FONT_SIZE - 2,
                      color="white" if matrix[row, column] < middle else "black")
    _ticks(axes.set_xticks, columns)
    _ticks(axes.set_yticks, rows)
    axes.set_xlabel(x_label, fontsize=FONT_SIZE)
    axes.set_ylabel(y_label, fontsize=FONT_SIZE)
    axes.set_title(title, fontsize=FONT_SIZE + 1, loc="left")


def _ticks(set_ticks: Any, names: Sequence[str]) -> None:
    """All names that are not empty, or evenly chosen ones of many."""
    named = [place for place, name in enumerate(names) if name]
    chosen = named[:: -(-len(named) // MOST_NAMES) or 1]
    set_ticks(chosen, [names[place] for place in chosen], fontsize=FONT_SIZE)
