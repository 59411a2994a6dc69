"""Boosting stage by stage: residuals of the log loss, leaf values by one Newton step, and predictions.

F is kept class by class, (K, n); K = 1 for two classes.
"""

from __future__ import annotations

from math import exp

import numpy as np
from numba import njit

from ..exponential import fill_exponentials
from .columns import Columns
from .growing import grow_tree
from .memory import LEAF, NUM_NODES, Nodes, Workspace

LEARNING_RATE = 0.1
ROWS_AT_A_TIME = 256


@njit(nogil=True, cache=True)
def fill_residuals(raw: np.ndarray, labels: np.ndarray, residuals: np.ndarray, is_reproduced: bool, start: int,
                   end: int) -> None:
    """Negative gradients of rows start..end.  raw, residuals: (K, n); labels: (n,) class numbers.

    is_reproduced: see `exponential.fill_exponentials`."""
    num_classes = len(raw)
    if num_classes == 1:
        _fill_binary_residuals(raw[0], labels, residuals[0], start, end)
        return
    room = np.empty((5, ROWS_AT_A_TIME))
    for first in range(start, end, ROWS_AT_A_TIME):
        last = min(first + ROWS_AT_A_TIME, end)
        _fill_softmax(raw[:, first:last], residuals[:, first:last], room[:, :last - first], is_reproduced)
        for row in range(first, last):
            residuals[labels[row], row] += 1.0


@njit(nogil=True, cache=True)
def _fill_softmax(raw: np.ndarray, residuals: np.ndarray, room: np.ndarray, is_reproduced: bool) -> None:
    """Minus each class's probability, class by class for the sake of the cache."""
    largest, totals, shifted, powers, spare = room[0], room[1], room[2], room[3], room[4]
    largest[:] = raw[0]
    for k in range(1, len(raw)):
        for row in range(len(largest)):
            largest[row] = raw[k, row] if raw[k, row] > largest[row] else largest[row]
    totals[:] = 0.0
    for k in range(len(raw)):
        for row in range(len(largest)):
            shifted[row] = raw[k, row] - largest[row]
        fill_exponentials(shifted, powers, spare, is_reproduced)
        for row in range(len(largest)):
            residuals[k, row] = powers[row]
            totals[row] += powers[row]
    for k in range(len(raw)):
        for row in range(len(largest)):
            residuals[k, row] = -(residuals[k, row] / totals[row])


@njit(nogil=True, cache=True)
def _fill_binary_residuals(raw: np.ndarray, labels: np.ndarray, residuals: np.ndarray, start: int, end: int) -> None:
    for row in range(start, end):
        label = float(labels[row])
        if raw[row] > -37.0:
            small = exp(-raw[row])
            residuals[row] = -(((1.0 - label) - label * small) / (1.0 + small))
        else:
            residuals[row] = -(exp(raw[row]) - label)


@njit(nogil=True, cache=True)
def boost_classes(columns: Columns, labels: np.ndarray, raw: np.ndarray, residuals: np.ndarray, seeds: np.ndarray,
                  reciprocals: np.ndarray, work: Workspace, nodes: Nodes, start: int, end: int) -> None:
    """One stage for the classes start..end: grows their trees, sets the leaf values, and moves `raw`.

    seeds and the arrays of `nodes` are those of the stage, (K,) and (K, NUM_NODES)."""
    num_classes = len(raw)
    for k in range(start, end):
        tree = Nodes(nodes.feature[k], nodes.threshold[k], nodes.left[k], nodes.right[k], nodes.value[k],
                     nodes.impurity[k], nodes.num_rows[k])
        num_nodes = grow_tree(columns, residuals[k], seeds[k], reciprocals, work, tree)
        _set_leaf_values(tree, num_nodes, residuals[k], labels, k, num_classes, work)
        for row in range(raw.shape[1]):
            raw[k, row] += LEARNING_RATE * tree.value[work.leaves[row]]


@njit(nogil=True, cache=True)
def boost_all(columns: Columns, labels: np.ndarray, raw: np.ndarray, residuals: np.ndarray, seeds: np.ndarray,
              reciprocals: np.ndarray, work: Workspace, nodes: Nodes, is_reproduced: bool) -> None:
    """All stages on one thread.  seeds: (stages, K)."""
    for stage in range(len(seeds)):
        fill_residuals(raw, labels, residuals, is_reproduced, 0, raw.shape[1])
        of_stage = Nodes(nodes.feature[stage], nodes.threshold[stage], nodes.left[stage], nodes.right[stage],
                         nodes.value[stage], nodes.impurity[stage], nodes.num_rows[stage])
        boost_classes(columns, labels, raw, residuals, seeds[stage], reciprocals, work, of_stage, 0, len(raw))


@njit(nogil=True, cache=True)
def _set_leaf_values(tree: Nodes, num_nodes: int, residuals: np.ndarray, labels: np.ndarray, k: int, num_classes: int,
                     work: Workspace) -> None:
    """One Newton step per leaf over its rows in ascending order."""
    tree_class = 1 if num_classes == 1 else k
    gradients, curvatures = work.gradients, work.curvatures
    starts = np.zeros(NUM_NODES + 1, dtype=np.int64)
    for node in range(num_nodes):
        starts[node + 1] = starts[node] + (tree.num_rows[node] if tree.feature[node] == LEAF else 0)
    places = starts.copy()
    for row in range(len(residuals)):
        leaf = work.leaves[row]
        place = places[leaf]
        places[leaf] = place + 1
        residual = residuals[row]
        probability = (1.0 if labels[row] == tree_class else 0.0) - residual
        gradients[place] = residual
        curvatures[place] = probability * (1.0 - probability)
    for node in range(num_nodes):
        if tree.feature[node] != LEAF:
            continue
        start, num = starts[node], starts[node + 1] - starts[node]
        gradient = pairwise_sum(gradients, start, num) / num
        curvature = pairwise_sum(curvatures, start, num) / num
        if num_classes > 1:
            gradient *= (num_classes - 1) / num_classes
        tree.value[node] = 0.0 if abs(curvature) < 1e-150 else gradient / curvature


@njit(nogil=True, cache=True)
def pairwise_sum(values: np.ndarray, start: int, num: int) -> float:
    """Sum of values[start:start + num], in numpy's order of additions."""
    if num < 8:
        total = 0.0
        for place in range(start, start + num):
            total += values[place]
        return total
    if num > 128:
        half = num // 2
        half -= half % 8
        return pairwise_sum(values, start, half) + pairwise_sum(values, start + half, num - half)
    parts = values[start:start + 8].copy()
    whole = num - num % 8
    for place in range(8, whole, 8):
        for lane in range(8):
            parts[lane] += values[start + place + lane]
    total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]))
    for place in range(whole, num):
        total += values[start + place]
    return total


@njit(nogil=True, cache=True)
def add_predictions(codes: np.ndarray, nodes: Nodes, raw: np.ndarray, start: int, end: int) -> None:
    """Adds all stages to raw[start:end].  codes: (n, D) float32; raw: (n, K); nodes: (stages, K, NUM_NODES)."""
    num_stages, num_classes = nodes.feature.shape[:2]
    for block in range(start, end, 64):
        for stage in range(num_stages):
            for k in range(num_classes):
                feature, threshold = nodes.feature[stage, k], nodes.threshold[stage, k]
                left, right, value = nodes.left[stage, k], nodes.right[stage, k], nodes.value[stage, k]
                for row in range(block, min(block + 64, end)):
                    node = 0
                    while feature[node] != LEAF:
                        node = left[node] if codes[row, feature[node]] <= threshold[node] else right[node]
                    raw[row, k] += LEARNING_RATE * value[node]


@njit(nogil=True, cache=True)
def sum_importances(nodes: Nodes, sums: np.ndarray) -> int:
    """Adds each column's decrease of impurity to sums (D,), tree after tree; returns how many trees have a split."""
    num_stages, num_classes = nodes.feature.shape[:2]
    num_trees = 0
    for stage in range(num_stages):
        for k in range(num_classes):
            feature, count, impurity = nodes.feature[stage, k], nodes.num_rows[stage, k], nodes.impurity[stage, k]
            if feature[0] == LEAF:
                continue
            of_tree = np.zeros(len(sums))
            for node in range(NUM_NODES):
                if feature[node] != LEAF:
                    left, right = nodes.left[stage, k, node], nodes.right[stage, k, node]
                    of_tree[feature[node]] += (count[node] * impurity[node] - count[left] * impurity[left]
                                               - count[right] * impurity[right])
            sums += of_tree / count[0]
            num_trees += 1
    return num_trees
