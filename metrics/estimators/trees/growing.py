"""One regression tree of depth three, grown on residuals as scikit-learn 1.9 grows it, to the last rounding.

Each column is sorted once for all trees; a node gets its sorted lists by a stable partition of its parent's.
"""

from __future__ import annotations

import numpy as np

from .columns import GAP, Columns
from .memory import DEPTH, LEAF, Nodes, Workspace, add_node, copy, uncounted
from .rows import child_impurities, find_ties, hand_down_lists, node_sums, partition, sort_node
from .splitting import best_position, score_positions

EPSILON = np.finfo(np.float64).eps
MASK = 0xFFFFFFFF


@uncounted
def grow_tree(columns: Columns, residuals: np.ndarray, seed: int, reciprocals: np.ndarray, work: Workspace,
              nodes: Nodes) -> int:
    """Grows one tree into `nodes`, one row of each array; returns the number of nodes.

    residuals: (n,).  seed: of the generator that orders the features.  reciprocals: see `splitting`."""
    num = len(residuals)
    stack, impurities = work.stack, work.impurities
    for row in range(num):
        work.order[row] = row
    for feature in range(len(work.features)):
        work.features[feature] = feature
    work.generator[0] = seed if seed else 1
    # waiting nodes: start, end, depth, parent, number (1 is the root, p has 2 p and 2 p + 1), number of known constants
    _push(stack[0], 0, num, 0, -1, 1, 0)
    waiting, num_nodes = 1, 0
    while waiting:
        waiting -= 1
        start, end, depth, parent, node, num_constants = _pop(stack[waiting])
        size, total, squares = end - start, 0.0, 0.0
        if depth < DEPTH:
            total, squares = node_sums(residuals, work.order, start, end)
        impurity = impurities[waiting] if num_nodes else squares / size - (total / size) * (total / size)
        feature, threshold, position, left, right = LEAF, 0.0, end, 0.0, 0.0
        if depth < DEPTH and size >= 2 and impurity > EPSILON:
            feature, threshold, num_constants = _split(columns, residuals, start, end, depth, node, total,
                                                       num_constants, reciprocals, work)
            if feature != LEAF:
                position = partition(columns.values[feature], threshold, start, end, work)
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
            _push(stack[waiting], position, end, depth + 1, num_nodes, 2 * node + 1, num_constants)
            _push(stack[waiting + 1], start, position, depth + 1, num_nodes, 2 * node, num_constants)
            impurities[waiting], impurities[waiting + 1] = right, left
            waiting += 2
        num_nodes += 1
    return num_nodes


@uncounted
def _push(place: np.ndarray, start: int, end: int, depth: int, parent: int, node: int, num_constants: int) -> None:
    place[0], place[1], place[2], place[3], place[4], place[5] = start, end, depth, parent, node, num_constants


@uncounted
def _pop(place: np.ndarray) -> tuple[int, int, int, int, int, int]:
    return place[0], place[1], place[2], place[3], place[4], place[5]


@uncounted
def _split(columns: Columns, residuals: np.ndarray, start: int, end: int, depth: int, node: int, total: float,
           num_known: int, reciprocals: np.ndarray, work: Workspace) -> tuple[int, float, int]:
    """Feature and threshold of a node's best split, LEAF when there is none, and how many constants are now known.

    Features are drawn in scikit-learn's order, which decides among equal scores; `work.order` ends up sorted by the
    last one, which decides the order of later sums."""
    features, constants = work.features, work.constants
    best_feature, best_score, threshold = LEAF, -np.inf, 0.0
    last, drawn, found, undrawn = LEAF, 0, 0, len(features)
    while undrawn > num_known + found:
        choice = drawn + _draw(work.generator) % (undrawn - found - drawn)
        if choice < num_known:
            features[drawn], features[choice] = features[choice], features[drawn]
            drawn += 1
            continue
        choice += found
        feature = features[choice]
        if columns.is_resorted[feature]:
            if last != LEAF:
                copy(work.lists[depth, last, start:end], work.order[start:end])
            sort_node(columns.values[feature], start, end, work)
            rows, last = work.order[start:end], LEAF
        else:
            rows, last = work.lists[depth, feature, start:end], feature
        values = columns.values[feature]
        if values[rows[-1]] <= np.float32(values[rows[0]] + GAP):
            features[choice], features[num_known + found] = features[num_known + found], features[choice]
            found += 1
            continue
        undrawn -= 1
        features[undrawn], features[choice] = features[choice], features[undrawn]
        num_tied = find_ties(columns, feature, rows, node, work.tied[depth, feature, start:end], work)
        tied = work.tied[depth, feature, start:start + num_tied]
        approximate = score_positions(rows, residuals, total, tied, reciprocals, work)
        best_score, position = best_position(end - start, total, tied, approximate, best_score, reciprocals, work)
        if position:
            best_feature = feature
            threshold = np.float64(values[rows[position - 1]]) / 2.0 + np.float64(values[rows[position]]) / 2.0
    if last != LEAF:
        copy(work.lists[depth, last, start:end], work.order[start:end])
    copy(constants[:num_known], features)
    copy(features[num_known:num_known + found], constants[num_known:])
    return best_feature, threshold, num_known + found


@uncounted
def _draw(generator: np.ndarray) -> int:
    """The next number in [0, 2^31) of scikit-learn's 32-bit xorshift."""
    state = generator[0]
    state ^= (state << 13) & MASK
    state ^= state >> 17
    state ^= (state << 5) & MASK
    generator[0] = state
    return int(state & 0x7FFFFFFF)
