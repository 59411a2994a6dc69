"""Boosting stage by stage: residuals of the log loss, leaf values by one Newton step, and predictions.

F is kept class by class, (K, n); K = 1 for two classes.
"""

from __future__ import annotations

from math import exp

import numpy as np

from ....common.compiling.compiled import compiled
from ..exponential import fill_exponentials
from .columns import Columns
from .growing import grow_tree
from .memory import DEPTH, LEAF, NUM_NODES, ONE, ZERO, Nodes, Workspace, uncounted

LEARNING_RATE = 0.1
ROWS_AT_A_TIME = 256


@compiled()
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
        _fill_softmax(raw, residuals, room, is_reproduced, first, last)
        for row in range(first, last):
            residuals[labels[row], row] += 1.0


@compiled()
def _fill_softmax(raw: np.ndarray, residuals: np.ndarray, room: np.ndarray, is_reproduced: bool, start: int,
                  end: int) -> None:
    """Minus each class's probability, class by class: whole stretches of memory are what vector instructions need."""
    num = end - start
    largest, totals, shifted, powers, spare = room[0, :num], room[1, :num], room[2, :num], room[3, :num], room[4, :num]
    largest[:] = raw[0, start:end]
    for k in range(1, len(raw)):
        scores = raw[k, start:end]
        for row in range(num):
            largest[row] = scores[row] if scores[row] > largest[row] else largest[row]
    totals[:] = 0.0
    for k in range(len(raw)):
        scores, of_class = raw[k, start:end], residuals[k, start:end]
        for row in range(num):
            shifted[row] = scores[row] - largest[row]
        fill_exponentials(shifted, powers, spare, is_reproduced)
        for row in range(num):
            of_class[row] = powers[row]
            totals[row] += powers[row]
    for k in range(len(raw)):
        of_class = residuals[k, start:end]
        for row in range(num):
            of_class[row] = -(of_class[row] / totals[row])


@compiled()
def _fill_binary_residuals(raw: np.ndarray, labels: np.ndarray, residuals: np.ndarray, start: int, end: int) -> None:
    for row in range(start, end):
        label = float(labels[row])
        if raw[row] > -37.0:
            small = exp(-raw[row])
            residuals[row] = -(((1.0 - label) - label * small) / (1.0 + small))
        else:
            residuals[row] = -(exp(raw[row]) - label)


@uncounted
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


@compiled()
def boost_all(columns: Columns, labels: np.ndarray, raw: np.ndarray, residuals: np.ndarray, seeds: np.ndarray,
              reciprocals: np.ndarray, work: Workspace, nodes: Nodes, is_reproduced: bool) -> None:
    """All stages on one thread.  seeds: (stages, K)."""
    for stage in range(len(seeds)):
        fill_residuals(raw, labels, residuals, is_reproduced, 0, raw.shape[1])
        of_stage = Nodes(nodes.feature[stage], nodes.threshold[stage], nodes.left[stage], nodes.right[stage],
                         nodes.value[stage], nodes.impurity[stage], nodes.num_rows[stage])
        boost_classes(columns, labels, raw, residuals, seeds[stage], reciprocals, work, of_stage, 0, len(raw))


@uncounted
def _set_leaf_values(tree: Nodes, num_nodes: int, residuals: np.ndarray, labels: np.ndarray, k: int, num_classes: int,
                     work: Workspace) -> None:
    """One Newton step per leaf over its rows in ascending order."""
    tree_class = 1 if num_classes == 1 else k
    gradients, curvatures, places = work.gradients, work.curvatures, work.places
    end = 0
    for node in range(num_nodes):
        places[node] = end
        end += tree.num_rows[node] if tree.feature[node] == LEAF else 0
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
        num = np.int64(tree.num_rows[node])
        start = places[node] - num
        gradient = pairwise_sum(gradients, start, num) / num
        curvature = pairwise_sum(curvatures, start, num) / num
        if num_classes > 1:
            gradient *= (num_classes - 1) / num_classes
        tree.value[node] = 0.0 if abs(curvature) < 1e-150 else gradient / curvature


@uncounted
def pairwise_sum(values: np.ndarray, start: int | np.int64, num: int | np.int64) -> float:
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
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = start + num - num % 8
    for place in range(start, whole, 8):
        a += values[place]
        b += values[place + 1]
        c += values[place + 2]
        d += values[place + 3]
        e += values[place + 4]
        f += values[place + 5]
        g += values[place + 6]
        h += values[place + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for place in range(whole, start + num):
        total += values[place]
    return total


@compiled()
def add_predictions(codes: np.ndarray, nodes: Nodes, raw: np.ndarray, start: int, end: int) -> None:
    """Adds all stages to raw[start:end].  codes: (n, D) float32; raw: (n, K); nodes: (stages, K, NUM_NODES)."""
    num_stages, num_classes = nodes.feature.shape[:2]
    features, thresholds = np.empty(NUM_NODES, dtype=np.uintp), np.empty(NUM_NODES)
    values, numbers = np.empty(NUM_NODES), np.empty(NUM_NODES, dtype=np.int64)
    for first in range(start, end, ROWS_AT_A_TIME):
        last = min(first + ROWS_AT_A_TIME, end)
        for stage in range(num_stages):
            for k in range(num_classes):
                tree = Nodes(nodes.feature[stage, k], nodes.threshold[stage, k], nodes.left[stage, k],
                             nodes.right[stage, k], nodes.value[stage, k], nodes.impurity[stage, k],
                             nodes.num_rows[stage, k])
                _complete(tree, features, thresholds, values, numbers)
                for row in range(first, last):
                    place = ZERO
                    for _ in range(DEPTH):
                        goes_left = codes[row, features[place]] <= thresholds[place]
                        place = place + place + (ONE if goes_left else ONE + ONE)
                    raw[row, k] += values[place]


@uncounted
def _complete(tree: Nodes, features: np.ndarray, thresholds: np.ndarray, values: np.ndarray,
              numbers: np.ndarray) -> None:
    """A tree with every leaf at the full depth, so that nothing has to be asked on the way: p has 2 p + 1 and 2 p + 2.

    values: of the leaves, times the learning rate.  numbers: those of the nodes in `tree`."""
    numbers[0] = 0
    for place in range(NUM_NODES):
        number = numbers[place]
        is_leaf = tree.feature[number] == LEAF
        features[place] = 0 if is_leaf else tree.feature[number]
        thresholds[place] = tree.threshold[number]
        values[place] = LEARNING_RATE * tree.value[number]
        if 2 * place + 2 < NUM_NODES:
            numbers[2 * place + 1] = number if is_leaf else tree.left[number]
            numbers[2 * place + 2] = number if is_leaf else tree.right[number]


@compiled()
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
