"""The rows of a node: their order, which decides the last bit of sums, and how they pass to the children."""

from __future__ import annotations

import numpy as np

from .columns import GAP, Columns
from .memory import ONE, ZERO, Workspace, uncounted
from .sorting import sort_rows


@uncounted
def sort_node(values: np.ndarray, start: int, end: int, work: Workspace) -> None:
    for place in range(start, end):
        work.node_values[place] = values[work.order[place]]
    sort_rows(work.node_values, work.order, start, end)


@uncounted
def node_sums(residuals: np.ndarray, order: np.ndarray, start: int, end: int) -> tuple[float, float]:
    total, squares = 0.0, 0.0
    for place in range(start, end):
        residual = residuals[order[place]]
        total += residual
        squares += residual * residual
    return total, squares


@uncounted
def partition(values: np.ndarray, threshold: float, start: int, end: int, work: Workspace) -> int:
    """Rows up to the threshold to the front of work.order[start:end], in scikit-learn's order; returns their end.

    scikit-learn swaps a row that goes right with the last row not yet looked at, and looks at that one next.  So the
    rows of the front that go right (`leaving`) give their places to those of the back that go left (`coming`), first
    to last; and each row of the back that goes right moves down by one.  Written without a branch on the data, which
    nothing could predict, and with unsigned places: Python's negative ones, which count from the end, cost a test."""
    order, goes_right = work.order[start:end], work.goes_right
    num, num_right = end - start, 0
    for place in range(num):
        row = order[place]
        is_right = values[row] > threshold
        goes_right[place] = work.is_right[row] = is_right
        num_right += is_right
    num_left = num - num_right
    if num_right:
        _swap_sides(order, goes_right, num_left, work.leaving, work.coming)
    return start + num_left


@uncounted
def _swap_sides(order: np.ndarray, goes_right: np.ndarray, num_left: int, leaving: np.ndarray,
                coming: np.ndarray) -> None:
    num, middle, num_leaving, num_coming = np.uintp(len(order)), np.uintp(num_left), ZERO, ZERO
    for place in range(middle):
        leaving[num_leaving] = place
        num_leaving += np.uintp(goes_right[place])
    for from_end in range(ONE, num - middle + ONE):
        coming[num_coming] = order[num - from_end]
        num_coming += ONE - np.uintp(goes_right[num - from_end])
    for index in range(num_leaving):
        from_front = np.uintp(leaving[index])
        leaving[index] = order[from_front]
        order[from_front] = coming[index]
    if goes_right[middle]:
        leaving[num_leaving] = order[middle]
        num_leaving += ONE
    last = num_leaving - ONE
    for place in range(middle + ONE, num):
        row, is_right, other = order[place], np.uintp(goes_right[place]), leaving[last]
        order[place - ONE] = row if is_right else other
        last -= ONE - is_right
    order[num - ONE] = leaving[0]


@uncounted
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


@uncounted
def find_ties(columns: Columns, column: int, rows: np.ndarray, node: int, found: np.ndarray, work: Workspace) -> int:
    """How many positions p have x[p] <= x[p - 1] + GAP among a node's rows in the column's order.

    found: where those of the node stand, ascending; filled here if the column is sorted node by node."""
    if columns.is_resorted[column]:
        values, num_found = columns.values[column], 0
        for position in range(1, len(rows)):
            if _is_close(values, rows[position], rows[position - 1]):
                found[num_found] = position
                num_found += 1
        return num_found
    return int(work.num_tied[column, node])


@uncounted
def _is_close(values: np.ndarray, row: int, before: int) -> bool:
    return bool(values[row] <= np.float32(values[before] + GAP))


@uncounted
def hand_down_lists(columns: Columns, start: int, position: int, end: int, depth: int, node: int,
                    work: Workspace) -> None:
    """Splits each column's sorted list of a node, and its ties, into those of its children, keeping the order."""
    for feature in range(len(columns.is_resorted)):
        if not columns.is_resorted[feature]:
            num_tied = work.num_tied[feature, node]
            work.num_tied[feature, 2 * node], work.num_tied[feature, 2 * node + 1] = _split_list(
                work.lists[depth, feature, start:end], position - start,
                work.tied[depth, feature, start:start + num_tied], columns.values[feature], work.is_right,
                work.lists[depth + 1, feature, start:end], work.tied[depth + 1, feature, start:end])


@uncounted
def _split_list(rows: np.ndarray, num_left: int, tied: np.ndarray, values: np.ndarray, is_right: np.ndarray,
                target: np.ndarray, target_tied: np.ndarray) -> tuple[int, int]:
    """Left rows to the front of `target`, right ones behind them, and the ties of either side to the places of
    `target_tied` from where its rows begin; returns how many ties either side has.

    Without a branch on the data and with unsigned places, as `partition`.  Only a row that is close to the one before
    it in the parent can be so in a child."""
    middle, left, start = np.uintp(num_left), ZERO, ZERO
    right, num_left_tied, num_right_tied = middle, ZERO, ZERO
    for index in range(len(tied) + 1):
        stop = np.uintp(tied[index] if index < len(tied) else len(rows))
        for place in range(start, stop):
            row = rows[place]
            step = np.uintp(is_right[row])
            target[right if step else left] = row
            right += step
            left += ONE - step
        start = stop
        if index == len(tied):
            break
        row = rows[stop]
        step = np.uintp(is_right[row])
        at, first = right if step else left, middle if step else ZERO
        has_before = np.uintp(at > first)
        is_close = has_before & np.uintp(_is_close(values, row, target[at - has_before]))
        target_tied[middle + num_right_tied if step else num_left_tied] = at - first
        num_right_tied += is_close & step
        num_left_tied += is_close & (ONE - step)
    return int(num_left_tied), int(num_right_tied)
