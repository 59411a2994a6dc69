"""Pixels as PNG, frames as GIF; the same picture gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image


def png_bytes(picture: np.ndarray, optimize: bool = False) -> bytes:
    """A PNG of pixels (H, W, 3), or (H, W) in grey, uint8.  optimize: takes time to make it small."""
    from PIL.Image import fromarray

    buffer = io.BytesIO()
    fromarray(picture).save(buffer, format="PNG", optimize=optimize)
    return buffer.getvalue()


def gif_bytes(frames: Sequence[np.ndarray], fps: float) -> bytes:
    """An endless GIF of frames (H, W, 3) uint8, which share their colours, so that nothing flickers."""
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
