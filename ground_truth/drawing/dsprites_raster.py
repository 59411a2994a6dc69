"""dSprites drawn as its authors' OpenGL rasteriser drew it: polygons on a 1/256-pixel lattice, filled by pixel centres.

A pixel on the border of a sprite belongs to it on the left and lower edges, not on the right and upper ones.  Integer
arithmetic after one rounding, so every machine draws the same pixels.
"""

from __future__ import annotations

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.numerics.threads import in_threads
from .dsprites_outline import centres, placed_outlines

SIDE = 64
SUBPIXEL_BITS = 8
SUBPIXELS = 1 << SUBPIXEL_BITS
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


@compiled()
def _draw(states: np.ndarray, outlines: np.ndarray, num_vertices: np.ndarray, centre: np.ndarray,
          images: np.ndarray) -> None:
    vertices = np.empty((outlines.shape[3], 2), dtype=np.int64)
    steps = np.zeros((SIDE, SIDE + 1), dtype=np.int8)
    for image in range(len(states)):
        shape, scale, orientation, x, y = states[image]
        count = num_vertices[shape]
        outline, centre_x, centre_y = outlines[shape, scale, orientation], centre[x], centre[y]
        for vertex in range(count):
            vertices[vertex, 0] = np.int64(np.rint((centre_x + outline[vertex, 0]) * SUBPIXELS))
            vertices[vertex, 1] = np.int64(np.rint((centre_y + outline[vertex, 1]) * SUBPIXELS))
        _mark_crossings(vertices[:count], steps)
        _fill(vertices[:count], steps, images[image])


@compiled()
def _first_at_or_after(position: int) -> int:
    """The first pixel whose centre is not before `position` (in subpixels)."""
    return (position + SUBPIXELS // 2 - 1) >> SUBPIXEL_BITS


@compiled()
def _mark_crossings(vertices: np.ndarray, steps: np.ndarray) -> None:
    """Adds each edge's direction to `steps` in every row it crosses, at the first pixel that is not left of it."""
    last_x, last_y = vertices[len(vertices) - 1]
    last_row = _first_at_or_after(last_y + 1)
    for end in range(len(vertices)):
        x, y = vertices[end]
        row = _first_at_or_after(y + 1)
        # A row whose centre is level with the upper end is not crossed, one level with the lower end is.
        for crossed in range(min(row, last_row), max(row, last_row)):
            below = crossed * SUBPIXELS + SUBPIXELS // 2 - last_y
            ceiling = last_x - (-below * (x - last_x)) // (y - last_y)
            steps[crossed, _first_at_or_after(ceiling)] += 1 if y > last_y else -1
        last_x, last_y, last_row = x, y, row


@compiled()
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
