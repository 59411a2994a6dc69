"""Pictures as bytes and files; the same picture gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....common.disk.files import atomic_file
from .drawing import Drawing

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("png", "svg", "pdf")


def image_bytes(drawing: Drawing, file_format: str = "png") -> bytes:
    """A figure as PNG, SVG or PDF; whatever the format, pixels are a PNG and frames a GIF."""
    if drawing.figure is not None:
        return _figure_bytes(drawing, file_format)
    return _gif_bytes(drawing.frames, drawing.fps) if drawing.pixels is None else _png_bytes(drawing.pixels)


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


def _png_bytes(picture: np.ndarray) -> bytes:
    from PIL.Image import fromarray

    buffer = io.BytesIO()
    fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def _gif_bytes(frames: Sequence[np.ndarray], fps: float) -> bytes:
    """An endless GIF whose frames share their colours, so that nothing flickers."""
    from PIL.Image import Dither, fromarray

    pictures = [fromarray(frame) for frame in frames]
    palette = _palette(pictures)
    pictures = [picture.quantize(palette=palette, dither=Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    pictures[0].save(buffer, format="GIF", save_all=True, append_images=pictures[1:], loop=0,
                     duration=round(1000 / fps), optimize=False, disposal=2)
    return buffer.getvalue()


def _palette(pictures: list[Image]) -> Image:
    """256 colours for all frames: of the first, middle and last one, side by side."""
    from PIL.Image import fromarray

    chosen = [np.asarray(pictures[i]) for i in (0, len(pictures) // 2, -1)]
    return fromarray(np.concatenate(chosen)).quantize(colors=256)
