"""The rows of a node: their order, which decides the last bit of sums, and how they pass to the children."""

from __future__ import annotations

import numpy as np
from numba import njit

from .columns import GAP, Columns
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
def find_ties(columns: Columns, column: int, rows: np.ndarray, start: int, depth: int, node: int,
              work: Workspace) -> np.ndarray:
    """The positions p with x[p] <= x[p - 1] + GAP among a node's rows in the column's order, ascending."""
    if columns.is_resorted[column]:
        values, found = columns.values[column], 0
        for position in range(1, len(rows)):
            if _is_close(values, rows[position], rows[position - 1]):
                work.sorted_tied[found] = position
                found += 1
        return work.sorted_tied[:found]
    if depth == 0:
        return columns.tied[columns.tied_starts[column]:columns.tied_starts[column + 1]]
    return work.tied[depth - 1, column, start:start + work.num_tied[column, node]]


@njit(nogil=True, cache=True)
def _is_close(values: np.ndarray, row: int, before: int) -> bool:
    return values[row] <= np.float32(values[before] + GAP)


@njit(nogil=True, cache=True)
def hand_down_lists(columns: Columns, start: int, position: int, end: int, depth: int, node: int,
                    work: Workspace) -> None:
    """Splits each column's sorted list of a node, and its ties, into those of its children, keeping the order."""
    for feature in range(len(columns.is_resorted)):
        if not columns.is_resorted[feature]:
            rows = sorted_list(columns, work, feature, depth)[start:end]
            tied = find_ties(columns, feature, rows, start, depth, node, work)
            num_left, num_right = _split_list(
                rows, position - start, tied, columns.values[feature], work.node_of,
                work.lists[depth, feature, start:end], work.leaving, work.tied[depth, feature, start:position],
                work.tied[depth, feature, position:end])
            work.num_tied[feature, 2 * node], work.num_tied[feature, 2 * node + 1] = num_left, num_right


@njit(nogil=True, cache=True)
def _split_list(rows: np.ndarray, num_left: int, tied: np.ndarray, values: np.ndarray, node_of: np.ndarray,
                target: np.ndarray, right: np.ndarray, left_tied: np.ndarray,
                right_tied: np.ndarray) -> tuple[int, int]:
    """Left rows to the front of `target`, right ones behind them; returns how many ties either side has.

    A row that is not counted is overwritten by the next one: this way there is no branch on the data.  Unsigned places
    spare the compiled loop Python's rule that negative ones count from the end.  Only a row that is close to the one
    before it in the parent can be so in a child."""
    left, num_right, start = np.uintp(0), np.uintp(0), 0
    num_left_tied, num_right_tied = 0, 0
    for index in range(len(tied) + 1):
        stop = tied[index] if index < len(tied) else len(rows)
        for place in range(start, stop):
            row = rows[place]
            is_right = np.uintp(node_of[row] & 1)
            target[left] = right[num_right] = row
            num_right += is_right
            left += np.uintp(1) - is_right
        start = stop
        if index == len(tied):
            break
        row = rows[stop]
        if node_of[row] & 1:
            if num_right and _is_close(values, row, right[num_right - np.uintp(1)]):
                right_tied[num_right_tied] = num_right
                num_right_tied += 1
        elif left and _is_close(values, row, target[left - np.uintp(1)]):
            left_tied[num_left_tied] = left
            num_left_tied += 1
    target[num_left:] = right[:num_right]
    return num_left_tied, num_right_tied
