"""Codes and factors as a graph whose edges are the entries of a matrix: what connects as the threshold falls."""

from __future__ import annotations

import numpy as np


def num_components(matrix: np.ndarray, threshold: float) -> int:
    """How many connected groups of at least one code and one factor the entries at or above the threshold form.

    matrix: (num_codes, num_factors); zeros are no edges."""
    edges = (matrix >= threshold) & (matrix != 0)
    forest = _Forest(sum(matrix.shape))
    for code, factor in np.argwhere(edges):
        forest.join(factor, matrix.shape[1] + code)
    return len({forest.root(matrix.shape[1] + code) for code in np.flatnonzero(edges.any(axis=1))})


def precision_curve(matrix: np.ndarray) -> tuple[float, int]:
    """Area under the number of groups as a function of the threshold, and the largest number."""
    thresholds = np.sort(matrix.ravel())[::-1]
    numbers = [num_components(matrix, threshold) for threshold in thresholds]
    area = 0.0
    for place in range(len(numbers) - 1):
        area += (numbers[place] + numbers[place + 1]) * (thresholds[place] - thresholds[place + 1]) * 0.5
    return float(area), max(numbers)


def merges(matrix: np.ndarray) -> dict[tuple[int, int], int]:
    """For each pair of factors, the rank of the edge that connects them when edges are added from the largest on.

    matrix: (num_codes, num_factors).  Ranks start at 0.
    reference: equal entries come in the order in which numpy sorts an array of objects, backwards."""
    num_codes, num_factors = matrix.shape
    forest = _Forest(num_codes + num_factors)
    members = {factor: [factor] for factor in range(num_factors)}
    found: dict[tuple[int, int], int] = {}
    for rank, place in enumerate(np.argsort(matrix.ravel().astype(object))[::-1]):
        code, factor = divmod(int(place), num_factors)
        first, second = forest.root(factor), forest.root(num_factors + code)
        forest.join(first, second)
        if first != second and max(first, second) < num_factors:
            found |= {(one, other): rank for one in members[first] for other in members[second]}
            members[min(first, second)] = members[first] + members[second]
    return found


class _Forest:
    """Union-find; the root of a tree is its smallest node."""

    def __init__(self, num_nodes: int):
        self.parents = list(range(num_nodes))

    def root(self, node: int) -> int:
        while self.parents[node] != node:
            node = self.parents[node]
        return node

    def join(self, first: int, second: int) -> None:
        first, second = self.root(first), self.root(second)
        self.parents[max(first, second)] = min(first, second)
