"""Binning codes, and the mutual information and entropy of binned values, as disentanglement_lib computes them."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from ...common.errors import UserError

Discretizer = Callable[[np.ndarray, int], np.ndarray]


def histogram_discretize(target: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns bin numbers 1..num_bins of each row of `target` (num_dimensions, num_points).

    Bins are equally wide from the row's minimum to its maximum and closed to the left.  The result has the dtype of
    `target`, widened if it cannot hold num_bins.  Raises UserError for NaN, infinite values, and num_bins < 1."""
    discretized = _labels_like(target, num_bins)
    for row, values in zip(discretized, target, strict=True):
        row[:] = np.digitize(values, histogram_edges(values, num_bins)[:-1])
    return discretized


def minmax_discretize(target: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns bin numbers of each row of `target` (num_dimensions, num_points), scaled to [0, 1] before it is binned.

    This is the arithmetic of Carbonneau et al. (arXiv:2012.09276): scikit-learn's `minmax_scale`, which treats ranges
    below 10 machine epsilons (1.2e-6 in float32) as constant, and equal bins of [0, 1].  A value on an edge can
    therefore fall into another bin than with `histogram_discretize`.  Raises UserError as that function does."""
    from sklearn.preprocessing import minmax_scale

    discretized = _labels_like(target, num_bins)
    with np.errstate(over="ignore", invalid="ignore"):  # a range above the largest number has scale 0: one bin
        discretized[:] = np.digitize(minmax_scale(target, axis=1), np.linspace(0, 1, num_bins + 1)[:-1])
    return discretized


def label_discretize(target: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns the number, from 1 on, of each distinct value of each row of `target` (num_dimensions, num_points).

    For codes that are labels, such as indices into a codebook (VQ) or quantised levels (FSQ): bins of equal width would
    put labels together whose numbers happen to be near.  `num_bins` is not used.  Raises UserError for NaN."""
    discretized = _labels_like(target, max(1, target.shape[1]))
    for row, values in zip(discretized, target, strict=True):
        row[:] = np.unique(values, return_inverse=True)[1] + 1
    return discretized


def histogram_edges(values: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns the num_bins + 1 edges of `np.histogram_bin_edges` for finite `values`, whatever their range.

    NumPy refuses a range with fewer representable numbers than bins.  Such a range has repeated edges here, as it had
    in the NumPy releases that disentanglement_lib was written for; the bins between repeated edges are empty."""
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        lowest, highest = lowest - 0.5, highest + 0.5
    # Edges are computed in the values' own precision: in another one, a value on an edge changes its bin.
    precision = np.result_type(lowest, highest, values)
    if not np.issubdtype(precision, np.inexact):
        precision = np.result_type(precision, float)
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(lowest, highest, num_bins + 1, dtype=precision)
    if not np.isfinite(edges).all():  # the width of the range exceeds the largest number
        edges = 2 * np.linspace(lowest / 2, highest / 2, num_bins + 1, dtype=precision)
    return edges


def _labels_like(target: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns an array for bin numbers of `target`.  Raises UserError where nothing can be binned."""
    if num_bins < 1:
        raise UserError(f"num_bins is {num_bins}; expected 1 or more.")
    unbinnable = np.flatnonzero(~np.isfinite(target).all(axis=1))
    if len(unbinnable):
        raise UserError(f"Columns {unbinnable.tolist()} of the values to bin hold NaN or infinity; expected finite "
                        "numbers.")
    return np.zeros(target.shape, dtype=np.promote_types(target.dtype, np.min_scalar_type(num_bins)))


def discretize(codes: np.ndarray, num_bins: int, discretizer: Discretizer = histogram_discretize) -> np.ndarray:
    """Codes (num_points, num_latents) in bins, points first as they came."""
    return discretizer(codes.T, num_bins).T


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
