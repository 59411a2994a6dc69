"""One regression tree of depth three, grown on residuals as scikit-learn 1.9 grows it, to the last rounding.

Each column is sorted once for all trees; a node gets its sorted lists by a stable partition of its parent's.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .columns import GAP, Columns
from .memory import DEPTH, LEAF, Nodes, Workspace, add_node
from .rows import child_impurities, find_ties, hand_down_lists, node_sums, partition, sort_node, sorted_list
from .splitting import best_position, score_positions

EPSILON = np.finfo(np.float64).eps
MASK = 0xFFFFFFFF


@njit(nogil=True, cache=True)
def grow_tree(columns: Columns, residuals: np.ndarray, seed: int, reciprocals: np.ndarray, work: Workspace,
              nodes: Nodes) -> int:
    """Grows one tree into `nodes`, one row of each array; returns the number of nodes.

    residuals: (n,).  seed: of the generator that orders the features.  reciprocals: see `splitting`."""
    num = len(residuals)
    work.node_of[:] = 1
    for row in range(num):
        work.order[row] = row
    for feature in range(len(work.features)):
        work.features[feature] = feature
    generator = np.array([seed if seed else 1], dtype=np.int64)
    # waiting nodes: start, end, depth, parent, number as in `node_of`, number of known constants
    stack, impurities = np.zeros((DEPTH + 2, 6), dtype=np.int64), np.zeros(DEPTH + 2)
    stack[0, 1], stack[0, 3], stack[0, 4] = num, -1, 1
    waiting, num_nodes = 1, 0
    while waiting:
        waiting -= 1
        start, end, depth, parent, node, num_constants = stack[waiting]
        size, total, squares = end - start, 0.0, 0.0
        if depth < DEPTH:
            total, squares = node_sums(residuals, work.order, start, end)
        impurity = impurities[waiting] if num_nodes else squares / size - (total / size) * (total / size)
        feature, threshold, position, left, right = LEAF, 0.0, end, 0.0, 0.0
        if depth < DEPTH and size >= 2 and impurity > EPSILON:
            feature, threshold, num_constants = _split(columns, residuals, start, end, depth, node, total,
                                                       num_constants, generator, reciprocals, work)
            if feature != LEAF:
                position = partition(columns.values[feature], threshold, start, end, node, work)
                left, right = child_impurities(residuals, work.order, start, position, end, total, squares)
                share = size / num * (impurity - (end - position) / size * right - (position - start) / size * left)
                if position >= end or share + EPSILON < 0.0:
                    feature = LEAF
        add_node(nodes, num_nodes, parent, node & 1, feature, threshold, impurity, size)
        if feature == LEAF:
            for place in range(start, end):
                work.leaves[work.order[place]] = num_nodes
        else:
            if depth + 1 < DEPTH:
                hand_down_lists(columns, start, position, end, depth, node, work)
            stack[waiting] = (position, end, depth + 1, num_nodes, 2 * node + 1, num_constants)
            stack[waiting + 1] = (start, position, depth + 1, num_nodes, 2 * node, num_constants)
            impurities[waiting], impurities[waiting + 1] = right, left
            waiting += 2
        num_nodes += 1
    return num_nodes


@njit(nogil=True, cache=True)
def _split(columns: Columns, residuals: np.ndarray, start: int, end: int, depth: int, node: int, total: float,
           num_known: int, generator: np.ndarray, reciprocals: np.ndarray, work: Workspace) -> tuple[int, float, int]:
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
                work.order[start:end] = sorted_list(columns, work, last, depth)[start:end]
            sort_node(columns.values[feature], start, end, work)
            rows, last = work.order[start:end], LEAF
        else:
            rows, last = sorted_list(columns, work, feature, depth)[start:end], feature
        values = columns.values[feature]
        if values[rows[-1]] <= np.float32(values[rows[0]] + GAP):
            features[choice], features[num_known + found] = features[num_known + found], features[choice]
            found += 1
            continue
        undrawn -= 1
        features[undrawn], features[choice] = features[choice], features[undrawn]
        tied = find_ties(columns, feature, rows, start, depth, node, work)
        approximate = score_positions(rows, residuals, total, tied, reciprocals, work)
        best_score, position = best_position(end - start, total, tied, approximate, best_score, work)
        if position:
            best_feature = feature
            threshold = np.float64(values[rows[position - 1]]) / 2.0 + np.float64(values[rows[position]]) / 2.0
    if last != LEAF:
        work.order[start:end] = sorted_list(columns, work, last, depth)[start:end]
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
