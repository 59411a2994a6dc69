"""Heat maps of the matrices that metrics save: codes against factors, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....common.disk.files import atomic_file
from .heat_maps import NamedMatrix, read_matrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PNG_START, PNG_END = b"\x89PNG", b"IEND\xaeB`\x82"


def draw_missing_heat_maps(folder: Path) -> list[Path]:
    """Draws NAME.png beside each NAME.npz of a folder that has no whole, newer picture; returns the drawn ones."""
    return [draw_heat_map(path) for path in sorted(folder.glob("*.npz")) if not _is_drawn(path)]


def _is_drawn(path: Path) -> bool:
    picture = path.with_suffix(".png")
    if not picture.is_file() or picture.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return False
    content = picture.read_bytes()
    return content.startswith(PNG_START) and content.endswith(PNG_END)


def draw_heat_map(path: Path) -> Path:
    """Draws NAME.png beside NAME.npz; returns the picture's path."""
    with atomic_file(path.with_suffix(".png")) as temporary:
        figure_of(read_matrix(path).cropped()).savefig(temporary, dpi=120)
    return path.with_suffix(".png")


def figure_of(matrix: NamedMatrix) -> Figure:
    """A heat map of one matrix with its values written in, rows and columns by name."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    values = matrix.values
    num_rows, num_columns = values.shape
    figure = Figure(figsize=(2 + 0.7 * num_columns, 1.5 + 0.35 * num_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    figure.colorbar(axes.imshow(values, aspect="auto", cmap="viridis"))
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for row, column in np.ndindex(values.shape):
        axes.text(column, row, f"{values[row, column]:.2g}", ha="center", va="center", fontsize=7,
                  color="white" if values[row, column] < middle else "black")
    axes.set_xticks(range(num_columns), matrix.column_names, rotation=30)
    axes.set_yticks(range(num_rows), matrix.row_names)
    axes.set_xlabel(matrix.column_kind)
    axes.set_ylabel(matrix.row_kind)
    axes.set_title(matrix.declared.name.replace("_", " "))
    return figure
