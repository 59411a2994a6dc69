"""Pictures as bytes and files; the same picture gives the same bytes."""

from __future__ import annotations

import io
from pathlib import Path

from ....common.disk.files import atomic_file
from ....ground_truth.files.pictures.picture_bytes import gif_bytes, png_bytes
from .drawing import Drawing

FORMATS = ("png", "svg", "pdf")


def image_bytes(drawing: Drawing, file_format: str = "png") -> bytes:
    """A figure as PNG, SVG or PDF; whatever the format, pixels are a PNG and frames a GIF."""
    if drawing.figure is not None:
        return _figure_bytes(drawing, file_format)
    return gif_bytes(drawing.frames, drawing.fps) if drawing.pixels is None else png_bytes(drawing.pixels)


def save(drawing: Drawing, folder: Path, file_format: str = "png") -> Path:
    """Writes `folder`/NAME.png (or .svg, .pdf, .gif); an older file of that name is replaced.  Returns the path."""
    suffix = file_format if drawing.figure is not None else "gif" if drawing.pixels is None else "png"
    path = folder / f"{drawing.name}.{suffix}"
    content = image_bytes(drawing, file_format)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)
    return path


def _figure_bytes(drawing: Drawing, file_format: str) -> bytes:
    import matplotlib

    assert drawing.figure is not None
    # Without dates and random identifiers, so that one seed gives one file.
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(file_format, {})
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": drawing.name}):
        drawing.figure.savefig(buffer, format=file_format, metadata={"Title": drawing.about, **dates})
    return buffer.getvalue()
