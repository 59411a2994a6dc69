"""The arrays of trees, and the memory a thread reuses from tree to tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .columns import Columns

DEPTH = 3
NUM_NODES = 2 ** (DEPTH + 1) - 1
LEAF = -1


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
def add_node(nodes: Nodes, number: int, parent: int, is_right: int, feature: int, threshold: float, impurity: float,
              count: int) -> None:
    if parent >= 0:
        if is_right:
            nodes.right[parent] = number
        else:
            nodes.left[parent] = number
    nodes.feature[number], nodes.threshold[number] = feature, threshold
    nodes.impurity[number], nodes.num_rows[number] = impurity, count
