"""One regression tree of depth three, grown on residuals as scikit-learn 1.9 grows it, to the last rounding.

Each column is sorted once for all trees; a node gets its sorted lists by a stable partition of its parent's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .columns import GAP, Columns
from .sorting import sort_rows
from .splitting import best_position, find_ties, score_positions

DEPTH = 3
NUM_NODES = 2 ** (DEPTH + 1) - 1
EPSILON = np.finfo(np.float64).eps
LEAF = -1
MASK = 0xFFFFFFFF


class Nodes(NamedTuple):
    """The nodes of trees in depth-first order, (..., NUM_NODES); `feature` is LEAF at a leaf.

    `value` is what a leaf adds before the learning rate; `impurity` and `num_rows` are those of the training rows."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    impurity: np.ndarray
    num_rows: np.ndarray


class Workspace(NamedTuple):
    """Memory that one thread reuses from tree to tree; `order` and `leaves` hold the last tree's rows and leaves."""

    order: np.ndarray  # (n,) rows, node after node
    lists: np.ndarray  # (DEPTH - 1, D, n) each column's sorted rows, by level below the root
    sums: np.ndarray
    scores: np.ndarray
    tied: np.ndarray
    node_values: np.ndarray  # (n,) float32, for sorting
    goes_left: np.ndarray
    leaves: np.ndarray  # (n,) the leaf of each row
    features: np.ndarray
    constants: np.ndarray


def empty_nodes(*shape: int) -> Nodes:
    """Room for trees of the given shape."""
    full = (*shape, NUM_NODES)
    return Nodes(np.full(full, LEAF, dtype=np.int32), np.zeros(full), np.zeros(full, dtype=np.int8),
                 np.zeros(full, dtype=np.int8), np.zeros(full), np.zeros(full), np.zeros(full, dtype=np.int32))


def make_workspace(columns: Columns) -> Workspace:
    num_columns, num = columns.values.shape
    row_type = columns.sorted_rows.dtype
    return Workspace(
        np.empty(num, dtype=row_type), np.empty((DEPTH - 1, num_columns, num), dtype=row_type), np.zeros(num),
        np.zeros(num), np.empty(num, dtype=np.int64), np.empty(num, dtype=np.float32), np.empty(num, dtype=np.uint8),
        np.empty(num, dtype=np.uint8), np.empty(num_columns, dtype=np.int64), np.empty(num_columns, dtype=np.int64))


@njit(nogil=True, cache=True)
def grow_tree(columns: Columns, residuals: np.ndarray, seed: int, reciprocals: np.ndarray, work: Workspace,
              nodes: Nodes) -> int:
    """Grows one tree into `nodes`, one row of each array; returns the number of nodes.

    residuals: (n,).  seed: of the generator that orders the features.  reciprocals: 1 / k at place k."""
    num = len(residuals)
    for row in range(num):
        work.order[row] = row
    for feature in range(len(work.features)):
        work.features[feature] = feature
    generator = np.array([seed if seed else 1], dtype=np.int64)
    # waiting nodes: start, end, depth, parent, whether it is the right child, number of known constants
    stack, impurities = np.zeros((DEPTH + 2, 6), dtype=np.int64), np.zeros(DEPTH + 2)
    stack[0, 1], stack[0, 3] = num, -1
    waiting, num_nodes = 1, 0
    while waiting:
        waiting -= 1
        start, end, depth, parent, is_right, num_constants = stack[waiting]
        total, squares = _sums(residuals, work.order, start, end)
        size = end - start
        impurity = impurities[waiting] if num_nodes else squares / size - (total / size) * (total / size)
        feature, threshold, position, left, right = LEAF, 0.0, end, 0.0, 0.0
        if depth < DEPTH and size >= 2 and impurity > EPSILON:
            feature, threshold, num_constants = _split(columns, residuals, start, end, depth, total, num_constants,
                                                       generator, reciprocals, work)
            if feature != LEAF:
                position = _partition(columns.values[feature], threshold, start, end, work)
                left, right = _impurities(residuals, work.order, start, position, end, total, squares)
                share = size / num * (impurity - (end - position) / size * right - (position - start) / size * left)
                if position >= end or share + EPSILON < 0.0:
                    feature = LEAF
        _add_node(nodes, num_nodes, parent, is_right, feature, threshold, impurity, size)
        if feature == LEAF:
            for place in range(start, end):
                work.leaves[work.order[place]] = num_nodes
        else:
            if depth + 1 < DEPTH:
                _hand_down_lists(columns, start, position, end, depth, work)
            stack[waiting], impurities[waiting] = (position, end, depth + 1, num_nodes, 1, num_constants), right
            stack[waiting + 1] = (start, position, depth + 1, num_nodes, 0, num_constants)
            impurities[waiting + 1] = left
            waiting += 2
        num_nodes += 1
    return num_nodes


@njit(nogil=True, cache=True)
def _split(columns: Columns, residuals: np.ndarray, start: int, end: int, depth: int, total: float, num_known: int,
           generator: np.ndarray, reciprocals: np.ndarray, work: Workspace) -> tuple[int, float, int]:
    """Feature and threshold of a node's best split, LEAF when there is none, and how many constants are now known.

    Features are drawn in scikit-learn's order, which decides among equal scores; `work.order` ends up sorted by the
    last one, which decides the order of later sums."""
    features, constants = work.features, work.constants
    best_feature, best_score, threshold = LEAF, -np.inf, 0.0
    last, drawn, found, undrawn = LEAF, 0, 0, len(features)
    while undrawn > num_known + found:
        choice = drawn + _draw(generator) % (undrawn - found - drawn)
        if choice < num_known:
            features[drawn], features[choice] = features[choice], features[drawn]
            drawn += 1
            continue
        choice += found
        feature = features[choice]
        if columns.is_resorted[feature]:
            if last != LEAF:
                work.order[start:end] = _list(columns, work, last, depth)[start:end]
            _sort_node(columns.values[feature], start, end, work)
            rows, last = work.order[start:end], LEAF
        else:
            rows, last = _list(columns, work, feature, depth)[start:end], feature
        values = columns.values[feature]
        if values[rows[-1]] <= np.float32(values[rows[0]] + GAP):
            features[choice], features[num_known + found] = features[num_known + found], features[choice]
            found += 1
            continue
        undrawn -= 1
        features[undrawn], features[choice] = features[choice], features[undrawn]
        num_tied = find_ties(columns, feature, rows, work.tied)
        approximate = score_positions(rows, residuals, total, num_tied, work.tied, work.sums, work.scores, reciprocals)
        best_score, position = best_position(end - start, total, approximate, best_score, work.sums, work.scores)
        if position:
            best_feature = feature
            threshold = np.float64(values[rows[position - 1]]) / 2.0 + np.float64(values[rows[position]]) / 2.0
    if last != LEAF:
        work.order[start:end] = _list(columns, work, last, depth)[start:end]
    features[:num_known] = constants[:num_known]
    constants[num_known:num_known + found] = features[num_known:num_known + found]
    return best_feature, threshold, num_known + found


@njit(nogil=True, cache=True)
def _draw(generator: np.ndarray) -> int:
    """The next number in [0, 2^31) of scikit-learn's 32-bit xorshift."""
    state = generator[0]
    state ^= (state << 13) & MASK
    state ^= state >> 17
    state ^= (state << 5) & MASK
    generator[0] = state
    return state & 0x7FFFFFFF


@njit(nogil=True, cache=True)
def _list(columns: Columns, work: Workspace, feature: int, depth: int) -> np.ndarray:
    """The rows of a level's nodes, node after node, each in the column's order."""
    return columns.sorted_rows[feature] if depth == 0 else work.lists[depth - 1, feature]


@njit(nogil=True, cache=True)
def _sort_node(values: np.ndarray, start: int, end: int, work: Workspace) -> None:
    for place in range(start, end):
        work.node_values[place] = values[work.order[place]]
    sort_rows(work.node_values, work.order, start, end)


@njit(nogil=True, cache=True)
def _sums(residuals: np.ndarray, order: np.ndarray, start: int, end: int) -> tuple[float, float]:
    total, squares = 0.0, 0.0
    for place in range(start, end):
        residual = residuals[order[place]]
        total += residual
        squares += residual * residual
    return total, squares


@njit(nogil=True, cache=True)
def _partition(values: np.ndarray, threshold: float, start: int, end: int, work: Workspace) -> int:
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
def _impurities(residuals: np.ndarray, order: np.ndarray, start: int, position: int, end: int, total: float,
                squares: float) -> tuple[float, float]:
    """Variances of the two children; the left sum is taken from the nearer side."""
    num_left, num_right = position - start, end - position
    left, left_squares = _sums(residuals, order, start, position)
    if num_left > num_right:
        left = total
        for place in range(end - 1, position - 1, -1):
            left -= residuals[order[place]]
    right = total - left
    return (left_squares / num_left - (left / num_left) * (left / num_left),
            (squares - left_squares) / num_right - (right / num_right) * (right / num_right))


@njit(nogil=True, cache=True)
def _hand_down_lists(columns: Columns, start: int, position: int, end: int, depth: int, work: Workspace) -> None:
    """Splits each column's sorted list of a node into those of its children, keeping the order."""
    goes_left = work.goes_left
    for feature in range(len(columns.is_resorted)):
        if columns.is_resorted[feature]:
            continue
        source, target = _list(columns, work, feature, depth), work.lists[depth, feature]
        left, right = start, position
        for place in range(start, end):
            row = source[place]
            is_left = goes_left[row]
            target[left if is_left else right] = row
            left += is_left
            right += 1 - is_left


@njit(nogil=True, cache=True)
def _add_node(nodes: Nodes, number: int, parent: int, is_right: int, feature: int, threshold: float, impurity: float,
              count: int) -> None:
    if parent >= 0:
        if is_right:
            nodes.right[parent] = number
        else:
            nodes.left[parent] = number
    nodes.feature[number], nodes.threshold[number] = feature, threshold
    nodes.impurity[number], nodes.num_rows[number] = impurity, count
