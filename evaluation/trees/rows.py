"""The rows of a node: their order, which decides the last bit of sums, and how they pass to the children."""

from __future__ import annotations

import numpy as np
from numba import njit

from .columns import Columns
from .memory import Workspace
from .sorting import sort_rows


@njit(nogil=True, cache=True)
def sorted_list(columns: Columns, work: Workspace, feature: int, depth: int) -> np.ndarray:
    """The rows of a level's nodes, node after node, each in the column's order."""
    return columns.sorted_rows[feature] if depth == 0 else work.lists[depth - 1, feature]


@njit(nogil=True, cache=True)
def sort_node(values: np.ndarray, start: int, end: int, work: Workspace) -> None:
    for place in range(start, end):
        work.node_values[place] = values[work.order[place]]
    sort_rows(work.node_values, work.order, start, end)


@njit(nogil=True, cache=True)
def node_sums(residuals: np.ndarray, order: np.ndarray, start: int, end: int) -> tuple[float, float]:
    total, squares = 0.0, 0.0
    for place in range(start, end):
        residual = residuals[order[place]]
        total += residual
        squares += residual * residual
    return total, squares


@njit(nogil=True, cache=True)
def partition(values: np.ndarray, threshold: float, start: int, end: int, node: int, work: Workspace) -> int:
    """Rows up to the threshold to the front of work.order[start:end], in scikit-learn's order; returns their end.

    scikit-learn swaps a row that goes right with the last row not yet looked at, and looks at that one next.  So the
    rows of the front that go right (`leaving`) give their places to those of the back that go left (`coming`), first
    to last; and each row of the back that goes right moves down by one.  Written without a branch on the data, which
    nothing could predict."""
    order, goes_right = work.order[start:end], work.goes_right
    num, num_right = end - start, 0
    for place in range(num):
        row = order[place]
        is_right = values[row] > threshold
        goes_right[place] = is_right
        work.node_of[row] = 2 * node + is_right
        num_right += is_right
    num_left = num - num_right
    if num_right:
        _swap_sides(order, goes_right, num_left, work.leaving, work.coming)
    return start + num_left


@njit(nogil=True, cache=True)
def _swap_sides(order: np.ndarray, goes_right: np.ndarray, num_left: int, leaving: np.ndarray,
                coming: np.ndarray) -> None:
    num, num_leaving, num_coming = len(order), 0, 0
    for place in range(num_left):
        leaving[num_leaving] = order[place]
        num_leaving += goes_right[place]
    for place in range(num - 1, num_left - 1, -1):
        coming[num_coming] = order[place]
        num_coming += 1 - goes_right[place]
    if goes_right[num_left]:
        leaving[num_leaving] = order[num_left]
        num_leaving += 1
    last = num_leaving - 1
    for place in range(num_left, num - 1):
        row, is_right, other = order[place + 1], goes_right[place + 1], leaving[last]
        order[place] = row if is_right else other
        last -= 1 - is_right
    order[num - 1] = leaving[0]
    first = 0
    for place in range(num_left):
        row, is_right, other = order[place], goes_right[place], coming[first]
        order[place] = other if is_right else row
        first += is_right


@njit(nogil=True, cache=True)
def child_impurities(residuals: np.ndarray, order: np.ndarray, start: int, position: int, end: int, total: float,
                squares: float) -> tuple[float, float]:
    """Variances of the two children; the left sum is taken from the nearer side."""
    num_left, num_right = position - start, end - position
    left, left_squares = node_sums(residuals, order, start, position)
    if num_left > num_right:
        left = total
        for place in range(end - 1, position - 1, -1):
            left -= residuals[order[place]]
    right = total - left
    return (left_squares / num_left - (left / num_left) * (left / num_left),
            (squares - left_squares) / num_right - (right / num_right) * (right / num_right))


@njit(nogil=True, cache=True)
def hand_down_lists(columns: Columns, start: int, position: int, end: int, depth: int, work: Workspace) -> None:
    """Splits each column's sorted list of a node into those of its children, keeping the order."""
    for feature in range(len(columns.is_resorted)):
        if not columns.is_resorted[feature]:
            _split_list(sorted_list(columns, work, feature, depth)[start:end], position - start, work.node_of,
                        work.lists[depth, feature, start:end], work.leaving)


@njit(nogil=True, cache=True)
def _split_list(rows: np.ndarray, num_left: int, node_of: np.ndarray, target: np.ndarray, right: np.ndarray) -> None:
    """A row that is not counted is overwritten by the next one: this way there is no branch on the data.

    Unsigned places spare the compiled loop Python's rule that negative ones count from the end."""
    left, num_right = np.uintp(0), np.uintp(0)
    for place in range(len(rows)):
        row = rows[place]
        is_right = np.uintp(node_of[row] & 1)
        target[left] = right[num_right] = row
        num_right += is_right
        left += np.uintp(1) - is_right
    target[num_left:] = right[:num_right]
