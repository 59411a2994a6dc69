"""One finished picture, and images as RGB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """One picture: a figure, pixels (H, W, 3) uint8 that are written as they are, or the frames (n, H, W, 3) of a GIF.

    name: of the file, without suffix.  about: what it shows, in a sentence."""

    name: str
    about: str
    figure: Figure | None = None
    pixels: np.ndarray | None = None
    frames: Sequence[np.ndarray] = ()
    fps: float = 10


def as_rgb(images: np.ndarray) -> np.ndarray:
    """Images (..., H, W, 1 or 3) as (..., H, W, 3), clipped to [0, 1]."""
    clipped = np.clip(images, 0, 1)
    return np.broadcast_to(clipped, (*clipped.shape[:-1], 3))
