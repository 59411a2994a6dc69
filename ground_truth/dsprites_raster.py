"""dSprites drawn as its authors' OpenGL rasteriser drew it: polygons on a 1/256-pixel lattice, filled by pixel centres.

A pixel on the border of a sprite belongs to it on the left and lower edges, not on the right and upper ones.  Integer
arithmetic after one rounding, so every machine draws the same pixels.
"""

from __future__ import annotations

import numba
import numpy as np

from .dsprites_outline import centres, placed_outlines
from .threads import in_threads

SIDE = 64
SUBPIXELS = 256
GRID_SIZES = (3, 6, 40, 32, 32)  # shape, scale, orientation, x, y


def draw_sprites(indices: np.ndarray) -> np.ndarray:
    """Images (n, 64, 64, 1) uint8, 0 or 1, of dSprites' indices (n,) in [0, 737280)."""
    states = np.stack(np.unravel_index(indices, GRID_SIZES), axis=1)
    images = np.zeros((len(states), SIDE, SIDE, 1), dtype=np.uint8)
    outlines, num_vertices = placed_outlines()
    centre = centres()

    def draw(start: int, stop: int) -> None:
        _draw(states[start:stop], outlines, num_vertices, centre, images[start:stop, :, :, 0])

    in_threads(draw, len(states))
    return images


@numba.njit(cache=True, nogil=True)
def _draw(states: np.ndarray, outlines: np.ndarray, num_vertices: np.ndarray, centre: np.ndarray,
          images: np.ndarray) -> None:
    vertices = np.empty((outlines.shape[3], 2), dtype=np.int64)
    steps = np.zeros((SIDE, SIDE + 1), dtype=np.int8)
    for image in range(len(states)):
        shape, scale, orientation, x, y = states[image]
        count = num_vertices[shape]
        for vertex in range(count):
            offset = outlines[shape, scale, orientation, vertex]
            vertices[vertex, 0] = np.int64(np.rint((centre[x] + offset[0]) * SUBPIXELS))
            vertices[vertex, 1] = np.int64(np.rint((centre[y] + offset[1]) * SUBPIXELS))
        _mark_crossings(vertices[:count], steps)
        _fill(vertices[:count], steps, images[image])


@numba.njit(cache=True, nogil=True)
def _first_at_or_after(position: int) -> int:
    """The first pixel whose centre is not before `position` (in subpixels)."""
    return -((SUBPIXELS // 2 - position) // SUBPIXELS)


@numba.njit(cache=True, nogil=True)
def _mark_crossings(vertices: np.ndarray, steps: np.ndarray) -> None:
    """Adds each edge's direction to `steps` in every row it crosses, at the first pixel that is not left of it."""
    for end in range(len(vertices)):
        x0, y0 = vertices[end - 1]
        x1, y1 = vertices[end]
        if y0 == y1:
            continue
        direction = 1
        if y0 > y1:
            x0, y0, x1, y1, direction = x1, y1, x0, y0, -1
        height, width = y1 - y0, x1 - x0
        # A row whose centre is level with the upper end is not crossed, one level with the lower end is.
        for row in range(_first_at_or_after(y0 + 1), _first_at_or_after(y1 + 1)):
            below = row * SUBPIXELS + SUBPIXELS // 2 - y0
            ceiling = x0 - (-below * width) // height
            steps[row, _first_at_or_after(ceiling)] += direction


@numba.njit(cache=True, nogil=True)
def _fill(vertices: np.ndarray, steps: np.ndarray, image: np.ndarray) -> None:
    """Sets the pixels whose winding number is not zero, and clears `steps` for the next sprite."""
    left, right = _first_at_or_after(vertices[:, 0].min()), _first_at_or_after(vertices[:, 0].max())
    top, bottom = _first_at_or_after(vertices[:, 1].min()), _first_at_or_after(vertices[:, 1].max() + 1)
    for row in range(top, bottom):
        winding = 0
        for column in range(left, right + 1):
            winding += steps[row, column]
            steps[row, column] = 0
            if winding != 0:
                image[row, column] = 1
