"""Heat maps of the matrices that metrics save: codes against factors, by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....common.disk.files import atomic_file
from .heat_maps import MOST_SHOWN, read_matrix

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
    """One matrix (codes, factors or codes) as a heat map, its values written in."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matrix, names = read_matrix(path)
    matrix, names = matrix[:MOST_SHOWN, :MOST_SHOWN], names[:MOST_SHOWN]
    num_rows, num_columns = matrix.shape
    figure = Figure(figsize=(2 + 0.7 * num_columns, 1.5 + 0.35 * num_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(matrix, aspect="auto", cmap="viridis")
    figure.colorbar(image)
    middle = (np.nanmin(matrix) + np.nanmax(matrix)) / 2
    for row, column in np.ndindex(matrix.shape):
        axes.text(column, row, f"{matrix[row, column]:.2g}", ha="center", va="center", fontsize=7,
                  color="white" if matrix[row, column] < middle else "black")
    axes.set_xticks(range(num_columns), names or [str(column) for column in range(num_columns)], rotation=30)
    axes.set_yticks(range(num_rows))
    axes.set_ylabel("code" if len(names) != num_rows or num_rows != num_columns else "factor")
    axes.set_title(path.stem.replace("_", " "))
    with atomic_file(path.with_suffix(".png")) as temporary:
        figure.savefig(temporary, dpi=120)
    return path.with_suffix(".png")
