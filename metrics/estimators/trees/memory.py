"""The arrays of trees, and the memory a thread reuses from tree to tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ....common.compiling.compiled import compiled
from .columns import Columns

DEPTH = 3
NUM_NODES = 2 ** (DEPTH + 1) - 1
LEAF = -1
ZERO, ONE = np.uintp(0), np.uintp(1)  # for unsigned places, see `rows.partition`
CACHE_LINES = 16  # two of them, in numbers of 8 bytes: processors fetch them in pairs
BLOCK = 1024  # positions scored at a time: their sums stay in the fastest cache

# What grows trees takes many slices; each would count a reference to its array, in a counter that all threads share.
# numba leaves the counting out where its runtime is off.  Nothing compiled so may make an array.
uncounted = compiled(_nrt=False)


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
    lists: np.ndarray  # (DEPTH, D, n) by level: its nodes' rows, node after node, each in the column's order
    sums: np.ndarray  # (n,) of the residuals of the rows before each position
    scores: np.ndarray  # (BLOCK,) approximate ones
    block_bests: np.ndarray  # (n // BLOCK + 1,) the best of them in each block of positions, as bits
    tied: np.ndarray  # (DEPTH, D, n) positions in the sorted rows of a node that are no splits, from its start on
    num_tied: np.ndarray  # (D, 2 ** DEPTH) how many, by the node's number: 1 is the root, p has 2 p and 2 p + 1
    node_values: np.ndarray  # (n,) float32, for sorting
    is_right: np.ndarray  # (n,) whether the last partition that a row was in sent it to the right
    goes_right: np.ndarray  # (n,) the same by place in `order`
    leaving: np.ndarray  # (n + 1,) rows
    coming: np.ndarray
    leaves: np.ndarray  # (n,) the leaf of each row, by number in `Nodes`
    gradients: np.ndarray  # (n,) leaf after leaf
    curvatures: np.ndarray
    places: np.ndarray  # (NUM_NODES,) where each leaf's next one goes
    features: np.ndarray  # (D,) in the order in which they are drawn
    constants: np.ndarray  # (D,) those known to be constant in a node
    generator: np.ndarray  # (1,) state of the generator that draws them
    stack: np.ndarray  # (DEPTH + 2, 6) nodes to be split: see `growing.grow_tree`
    impurities: np.ndarray  # (DEPTH + 2,) theirs


def empty_nodes(*shape: int) -> Nodes:
    """Room for trees of the given shape."""
    full = (*shape, NUM_NODES)
    return Nodes(np.full(full, LEAF, dtype=np.int32), np.zeros(full), np.zeros(full, dtype=np.int8),
                 np.zeros(full, dtype=np.int8), np.zeros(full), np.zeros(full), np.zeros(full, dtype=np.int32))


def make_workspace(columns: Columns) -> Workspace:
    num_columns, num = columns.values.shape
    row_type = columns.sorted_rows.dtype
    lists = np.empty((DEPTH, num_columns, num), dtype=row_type)
    tied = np.empty((DEPTH, num_columns, num), dtype=np.int32)
    num_tied = np.zeros((num_columns, 2 ** DEPTH), dtype=np.int64)
    lists[0] = columns.sorted_rows
    for column, is_tied in enumerate(columns.is_tied):
        positions = np.flatnonzero(is_tied)
        tied[0, column, :len(positions)], num_tied[column, 1] = positions, len(positions)
    return Workspace(
        order=np.empty(num, dtype=row_type), lists=lists,
        sums=np.zeros(num), scores=np.empty(BLOCK), block_bests=np.zeros(num // BLOCK + 1, dtype=np.int64),
        tied=tied, num_tied=num_tied,
        node_values=np.empty(num, dtype=np.float32),
        is_right=np.empty(num, dtype=np.uint8), goes_right=np.empty(num, dtype=np.uint8),
        leaving=np.empty(num + 1, dtype=row_type), coming=np.empty(num + 1, dtype=row_type),
        leaves=np.empty(num, dtype=np.uint8), gradients=np.empty(num), curvatures=np.empty(num),
        places=_apart(NUM_NODES), features=_apart(num_columns), constants=_apart(num_columns), generator=_apart(1),
        stack=_apart((DEPTH + 2) * 6).reshape(DEPTH + 2, 6), impurities=_apart(DEPTH + 2).view(np.float64))


def _apart(size: int) -> np.ndarray:
    """(size,) int64 far enough from other arrays that threads which write to theirs do not disturb one another."""
    return np.empty(size + 2 * CACHE_LINES, dtype=np.int64)[CACHE_LINES:-CACHE_LINES]


@uncounted
def copy(source: np.ndarray, target: np.ndarray) -> None:
    """target[:] = source, which numba would do by way of a new array."""
    for place in range(len(source)):
        target[place] = source[place]


@uncounted
def add_node(nodes: Nodes, number: int, parent: int, is_right: int, feature: int, threshold: float, impurity: float,
              count: int) -> None:
    if parent >= 0:
        if is_right:
            nodes.right[parent] = number
        else:
            nodes.left[parent] = number
    nodes.feature[number], nodes.threshold[number] = feature, threshold
    nodes.impurity[number], nodes.num_rows[number] = impurity, count
