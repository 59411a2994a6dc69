"""A matplotlib figure that notebooks show without any setting."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure outside pyplot; IPython asks it for a picture, where it would print the name of a plain `Figure`."""

    def _repr_png_(self) -> bytes:
        """The figure as a PNG file."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()
