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
def partition(values: np.ndarray, threshold: float, start: int, end: int, work: Workspace) -> int:
    """Rows up to the threshold to the front of work.order[start:end], by scikit-learn's swaps; returns their end."""
    order, goes_left = work.order, work.goes_left
    while start < end:
        row = order[start]
        is_left = values[row] <= threshold
        goes_left[row] = is_left
        if is_left:
            start += 1
        else:
            end -= 1
            order[start], order[end] = order[end], row
    return start


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
    goes_left = work.goes_left
    for feature in range(len(columns.is_resorted)):
        if columns.is_resorted[feature]:
            continue
        source, target = sorted_list(columns, work, feature, depth), work.lists[depth, feature]
        left, right = start, position
        for place in range(start, end):
            row = source[place]
            is_left = goes_left[row]
            target[left if is_left else right] = row
            left += is_left
            right += 1 - is_left
