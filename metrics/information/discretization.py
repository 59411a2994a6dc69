"""Binning codes, and the mutual information and entropy of binned values, as disentanglement_lib computes them."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import gin
import numpy as np

Discretizer = Callable[[np.ndarray, int], np.ndarray]


@gin.configurable("discretizer", denylist=["target"])
def make_discretizer(target: np.ndarray, num_bins: int = gin.REQUIRED,
                     discretizer_fn: Discretizer = gin.REQUIRED) -> np.ndarray:
    """Bins `target` (num_dimensions, num_points) row by row with `discretizer_fn`."""
    return discretizer_fn(target, num_bins)


@gin.configurable("histogram_discretizer", denylist=["target"])
def histogram_discretize(target: np.ndarray, num_bins: int = gin.REQUIRED) -> np.ndarray:
    """Bin numbers 1..num_bins of each row of `target` (num_dimensions, num_points), in its dtype.

    Bins are equally wide from the row's minimum to its maximum and closed to the left.  Edges are computed in the
    row's own precision: in another one, a point on an edge changes its bin."""
    discretized = np.zeros_like(target)
    for row, values in zip(discretized, target, strict=True):
        edges = np.histogram_bin_edges(values, num_bins)
        row[:] = np.digitize(values, edges[:-1])
    return discretized


def discretize(codes: np.ndarray) -> np.ndarray:
    """Codes (num_points, num_latents) binned as gin says (`discretizer.*`), points first as they came."""
    return make_discretizer(codes.T).T


def mutual_information_matrix(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Plug-in mutual information in nats, (num_latents, num_factors), of discrete codes and factors, points first."""
    code_labels = [_labels(column) for column in codes.T]
    factor_labels = [_labels(column) for column in factors.T]
    return np.array([[_mutual_information(factor, code) for factor in factor_labels] for code in code_labels])


def entropies(factors: np.ndarray) -> np.ndarray:
    """Plug-in entropy in nats of each column of discrete `factors` (num_points, num_factors), of the sample."""
    return np.array([_mutual_information(labels, labels) for labels in map(_labels, factors.T)])


def _labels(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Values as 0..number-1 in sorted order, and their number."""
    distinct, labels = np.unique(values, return_inverse=True)
    return labels, len(distinct)


def _mutual_information(first: tuple[np.ndarray, int], second: tuple[np.ndarray, int]) -> float:
    """scikit-learn's `mutual_info_score` from labels: the same operations in the same order, so the same bits."""
    (rows, num_rows), (columns, num_columns) = first, second
    if num_rows == 1 or num_columns == 1:
        return 0.0
    contingency = np.bincount(rows * num_columns + columns, minlength=num_rows * num_columns)
    contingency = contingency.reshape(num_rows, num_columns)
    row_counts, column_counts = contingency.sum(axis=1), contingency.sum(axis=0)
    nonzero_rows, nonzero_columns = np.nonzero(contingency)
    counts = contingency[nonzero_rows, nonzero_columns]
    total = contingency.sum()
    shares = counts / total
    log_outer = -np.log(row_counts[nonzero_rows] * column_counts[nonzero_columns]) + log(total) + log(total)
    terms = shares * (np.log(counts) - log(total)) + shares * log_outer
    terms = np.where(np.abs(terms) < np.finfo(terms.dtype).eps, 0.0, terms)
    return float(np.clip(terms.sum(), 0.0, None))
