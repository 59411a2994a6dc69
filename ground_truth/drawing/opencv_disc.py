"""Filled circles exactly as OpenCV draws them on a square canvas, without OpenCV.

`cv2.circle(canvas, centre, radius, thickness=-1, shift=10)` approximates the disc by a polygon with a vertex every
5 degrees, fills it, and draws its outline on top, all in fixed point with 16 fractional bits.  The result is one run
of pixels a row, about half a pixel larger than the true disc.  Equal to OpenCV 5.0 for every centre that three-dots
uses (tests/ground_truth/test_three_dots.py).
"""

from __future__ import annotations

import math

import numpy as np

from ...common.compiling.compiled import compiled

SHIFT = 16
ONE = 1 << SHIFT
HALF = ONE >> 1
# OpenCV tabulates the sine of whole degrees with seven decimals, in single precision.
SINE = np.array([round(math.sin(math.radians(degree)), 7) for degree in range(451)], dtype=np.float32).astype(float)


def disc_rows(centre: tuple[int, int], radius: int, side: int, fraction_bits: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last pixel of the disc in each row of a side x side canvas, both (side,) int64.

    centre, radius: fixed point with `fraction_bits` bits.  A row without a pixel has first = side and last = -1."""
    vertices = disc_polygon(centre, radius, fraction_bits)
    first, last = np.full(side, side, dtype=np.int64), np.full(side, -1, dtype=np.int64)
    _outline(vertices, first, last)
    _fill_convex(vertices, first, last)
    return first, last


def disc_polygon(centre: tuple[int, int], radius: int, fraction_bits: int) -> np.ndarray:
    """Vertices (n, 2) int64 of the polygon, x and y with 16 fractional bits."""
    x, y, radius = (value << (SHIFT - fraction_bits) for value in (*centre, radius))
    degrees = np.arange(0, 361, 5)
    points = np.stack([x + radius * SINE[450 - degrees], y + radius * SINE[degrees]], axis=1)
    whole = np.rint(points / ONE).astype(np.int64) << SHIFT
    vertices = whole + np.rint(points - whole).astype(np.int64)
    repeated = np.all(vertices[1:] == vertices[:-1], axis=1)
    return vertices[np.r_[True, ~repeated]]


@compiled()
def _divide(dividend: int, divisor: int) -> int:
    """Integer division that truncates, as in C."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend >= 0) == (divisor >= 0) else -quotient


@compiled()
def _mark(x: int, y: int, first: np.ndarray, last: np.ndarray) -> None:
    if 0 <= y < len(first) and 0 <= x < len(first):
        first[y] = min(first[y], x)
        last[y] = max(last[y], x)


@compiled()
def _outside(value: int, limit: int) -> int:
    """-1 below 0, 1 above limit, 0 between."""
    return -1 if value < 0 else (1 if value > limit else 0)


@compiled()
def _clip(x0: int, y0: int, x1: int, y1: int, limit: int) -> tuple[bool, int, int, int, int]:
    """The part of a segment within [0, limit] on both axes: rows first, then columns, truncating."""
    if _outside(y0, limit) * _outside(y1, limit) == 1 or _outside(x0, limit) * _outside(x1, limit) == 1:
        return False, x0, y0, x1, y1
    if _outside(y0, limit) != 0:
        edge = 0 if y0 < 0 else limit
        x0, y0 = x0 + _divide((edge - y0) * (x1 - x0), y1 - y0), edge
    if _outside(y1, limit) != 0:
        edge = 0 if y1 < 0 else limit
        x1, y1 = x1 + _divide((edge - y1) * (x1 - x0), y1 - y0), edge
    if _outside(x0, limit) * _outside(x1, limit) == 1:
        return False, x0, y0, x1, y1
    if _outside(x0, limit) != 0:
        edge = 0 if x0 < 0 else limit
        x0, y0 = edge, y0 + _divide((edge - x0) * (y1 - y0), x1 - x0)
    if _outside(x1, limit) != 0:
        edge = 0 if x1 < 0 else limit
        x1, y1 = edge, y1 + _divide((edge - x1) * (y1 - y0), x1 - x0)
    return True, x0, y0, x1, y1


@compiled()
def _draw_line(
    x0: int, y0: int, x1: int, y1: int, first: np.ndarray, last: np.ndarray
) -> None:
    """One pixel a step along the longer axis."""
    visible, x0, y0, x1, y1 = _clip(x0, y0, x1, y1, (len(first) << SHIFT) - 1)
    if not visible:
        return
    steep = abs(y1 - y0) >= abs(x1 - x0)
    if steep:
        x0, y0, x1, y1 = y0, x0, y1, x1  # from here on x is the longer axis
    if x1 < x0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    step = _divide((y1 - y0) << SHIFT, (x1 - x0) | 1)
    x, y = (x0 + HALF) >> SHIFT, y0 + HALF
    end_x, end_y = (x1 + HALF) >> SHIFT, (y1 + HALF) >> SHIFT
    _mark(end_y if steep else end_x, end_x if steep else end_y, first, last)
    for _ in range(((x1 - x0) >> SHIFT) + 1):
        _mark((y >> SHIFT) if steep else x, x if steep else (y >> SHIFT), first, last)
        x, y = x + 1, y + step


@compiled()
def _outline(vertices: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
    for i in range(len(vertices)):
        _draw_line(vertices[i - 1, 0], vertices[i - 1, 1], vertices[i, 0], vertices[i, 1], first, last)


@compiled()
def _fill_convex(vertices: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
    """Walks down the two chains of edges from the top vertex, moving each chain's x by its slope row by row."""
    num_vertices, side = len(vertices), len(first)
    top = np.argmin(vertices[:, 1])
    row = (vertices[top, 1] + HALF) >> SHIFT
    bottom = min((vertices[:, 1].max() + HALF) >> SHIFT, side - 1)
    at, direction = np.array([top, top]), np.array([1, num_vertices - 1])
    until, x, slope = np.array([row, row]), np.array([-ONE, -ONE]), np.array([0, 0])
    edges_left = num_vertices
    while row <= bottom:
        for chain in range(2):
            while row >= until[chain] and edges_left > 0:
                edges_left -= 1
                start, end = at[chain], (at[chain] + direction[chain]) % num_vertices
                at[chain] = end
                end_row = (vertices[end, 1] + HALF) >> SHIFT
                if end_row > row:
                    until[chain], x[chain] = end_row, vertices[start, 0]
                    run = end_row - row
                    slope[chain] = _divide((vertices[end, 0] - x[chain]) * 2 + run, 2 * run)
        if row >= 0:
            _mark_run((x.min() + HALF) >> SHIFT, (x.max() + HALF) >> SHIFT, row, first, last)
        x += slope
        row += 1


@compiled()
def _mark_run(left: int, right: int, row: int, first: np.ndarray, last: np.ndarray) -> None:
    side = len(first)
    if right >= 0 and left < side:
        first[row] = min(first[row], max(left, 0))
        last[row] = max(last[row], min(right, side - 1))
