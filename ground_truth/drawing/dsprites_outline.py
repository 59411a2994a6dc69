"""The three sprites of dSprites as polygons, placed at every scale and orientation.

No source publishes these numbers: they were fitted to 432 real images and leave no wrong pixel in them
(docs/data_sets.md).  Pixels are the unit; x runs to the right and y downwards, as in the images.
"""

from __future__ import annotations

import functools

import numpy as np

HALF_SIDE = 9.6
ELLIPSE_ASPECT = 1.33
ELLIPSE_VERTICES = 100
HEART_VERTICES = 150
HEART_OFFSET = -1.44
HEART_HEIGHT = 19.2 / 29
SCALES = np.linspace(0.5, 1, 6)
ORIENTATIONS = np.linspace(0, 2 * np.pi, 40)
POSITIONS = np.linspace(0, 1, 32)


def square() -> np.ndarray:
    """(4, 2) vertices at scale 1, orientation 0, around the origin."""
    return HALF_SIDE * np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])


def ellipse() -> np.ndarray:
    """(100, 2) vertices; the long axis lies horizontally."""
    angles = 2 * np.pi * np.arange(ELLIPSE_VERTICES) / ELLIPSE_VERTICES
    return np.stack([HALF_SIDE * ELLIPSE_ASPECT * np.cos(angles), HALF_SIDE / ELLIPSE_ASPECT * np.sin(angles)], axis=1)


def heart() -> np.ndarray:
    """(150, 2) vertices; upright, the tip down.  It turns about the origin, which is not its centroid."""
    t = 2 * np.pi * np.arange(HEART_VERTICES) / HEART_VERTICES
    lobes = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([HALF_SIDE * np.sin(t) ** 3, HEART_OFFSET - HEART_HEIGHT * lobes], axis=1)


@functools.cache
def placed_outlines() -> tuple[np.ndarray, np.ndarray]:
    """Vertices relative to the sprite's centre, (3, 6, 40, 150, 2) float64, and how many each shape has, (3,) int64.

    Axes: shape, scale, orientation, vertex, (x, y).  A growing orientation turns counter-clockwise on the screen."""
    outlines = (square(), ellipse(), heart())
    placed = np.zeros((3, len(SCALES), len(ORIENTATIONS), HEART_VERTICES, 2))
    cosine, sine = np.cos(ORIENTATIONS)[:, None], np.sin(ORIENTATIONS)[:, None]
    scale = SCALES[:, None, None]
    for shape, (a, b) in enumerate(outline.T for outline in outlines):
        placed[shape, :, :, : len(a), 0] = scale * (a * cosine + b * sine)
        placed[shape, :, :, : len(a), 1] = scale * (b * cosine - a * sine)
    return placed, np.array([len(outline) for outline in outlines])


def centres() -> np.ndarray:
    """(32,) the sprite's centre for each position index, the same along x and y."""
    return 16 + 32 * POSITIONS
