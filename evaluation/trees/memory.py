"""The arrays of trees, and the memory a thread reuses from tree to tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .columns import Columns

DEPTH = 3
NUM_NODES = 2 ** (DEPTH + 1) - 1
LEAF = -1
BLOCK = 1024  # positions scored at a time: their sums stay in the fastest cache


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
    sums: np.ndarray  # (n,) of the residuals of the rows before each position
    scores: np.ndarray  # (BLOCK,) approximate ones
    block_bests: np.ndarray  # the best of them in each block of positions, as bits
    tied: np.ndarray  # (DEPTH - 1, D, n) positions in the sorted rows of a node that are no splits, from its start on
    num_tied: np.ndarray  # (D, 2 ** DEPTH) how many, by the node's number as in `node_of`
    sorted_tied: np.ndarray  # (n,) those of a column that is sorted node by node
    node_values: np.ndarray  # (n,) float32, for sorting
    node_of: np.ndarray  # (n,) the node each row is in: 1 is the root, 2 p and 2 p + 1 are the children of p
    goes_right: np.ndarray  # (n,) whether the row at a place of `order` does
    leaving: np.ndarray  # (n + 1,) rows
    coming: np.ndarray
    leaves: np.ndarray  # (n,) the leaf of each row, by number in `Nodes`
    gradients: np.ndarray  # (n,) leaf after leaf
    curvatures: np.ndarray
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
        order=np.empty(num, dtype=row_type), lists=np.empty((DEPTH - 1, num_columns, num), dtype=row_type),
        sums=np.zeros(num), scores=np.empty(BLOCK), block_bests=np.zeros(num // BLOCK + 1, dtype=np.int64),
        tied=np.empty((DEPTH - 1, num_columns, num), dtype=np.int32),
        num_tied=np.zeros((num_columns, 2 ** DEPTH), dtype=np.int64), sorted_tied=np.empty(num, dtype=np.int32),
        node_values=np.empty(num, dtype=np.float32),
        node_of=np.empty(num, dtype=np.uint8), goes_right=np.empty(num, dtype=np.uint8),
        leaving=np.empty(num + 1, dtype=row_type), coming=np.empty(num + 1, dtype=row_type),
        leaves=np.empty(num, dtype=np.uint8), gradients=np.empty(num), curvatures=np.empty(num),
        features=np.empty(num_columns, dtype=np.int64), constants=np.empty(num_columns, dtype=np.int64))


@njit(nogil=True, cache=True)
def add_node(nodes: Nodes, number: int, parent: int, is_right: int, feature: int, threshold: float, impurity: float,
              count: int) -> None:
    if parent >= 0:
        if is_right:
            nodes.right[parent] = number
        else:
            nodes.left[parent] = number
    nodes.feature[number], nodes.threshold[number] = feature, threshold
    nodes.impurity[number], nodes.num_rows[number] = impurity, count
