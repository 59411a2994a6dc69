"""What is known of the codes before boosting: each column's sorted order, and where equal values need care."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

GAP = np.float32(1e-7)  # scikit-learn's FEATURE_THRESHOLD: values no further apart are never split
SMALL_NUM_POINTS = 2000  # up to here columns with ties are sorted node by node: it costs next to nothing
TIED_SHARE = 0.1  # of more points, they are where a column has a larger share of tied points


class Columns(NamedTuple):
    """Codes as the trees read them, D columns of n values.

    values: (D, n) float32.  sorted_rows: (D, n), rows in ascending order of value.  is_tied: (D, n) whether the row at
    a position of that order is no further than GAP above the one before.  is_resorted: (D,) whether the order among
    equal values is taken from scikit-learn's sort, node by node."""

    values: np.ndarray
    sorted_rows: np.ndarray
    is_tied: np.ndarray
    is_resorted: np.ndarray


def prepare(codes: np.ndarray, labels: np.ndarray) -> Columns:
    """Columns of codes (n, D) float32, for predicting `labels` (n,).

    Equal values matter only between rows that differ elsewhere.  Residuals then differ too, and the order in which
    they are summed changes the last bit of the sums.  That bit chooses between columns whose best splits are the same,
    as those of copies are.  So columns with ties are sorted as scikit-learn does, unless few rows of many are tied and
    no column is a copy: then any fixed order is taken, and a split changes only if two scores agree to 15 digits."""
    values = np.ascontiguousarray(codes.T)
    num_points = values.shape[1]
    row_type = np.uint16 if num_points <= np.iinfo(np.uint16).max else np.uint32
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    is_tied = np.zeros(ordered.shape, dtype=bool)
    is_tied[:, 1:] = ordered[:, 1:] <= ordered[:, :-1] + GAP
    is_equal = ordered[:, 1:] == ordered[:, :-1]
    same = _identities(codes, labels)[order]
    num_equal = np.sum(is_equal & (same[:, 1:] != same[:, :-1]), axis=1)
    is_constant = ordered[:, -1] <= ordered[:, 0] + GAP
    needs_care = (num_points <= SMALL_NUM_POINTS or bool((num_equal[~is_constant] > TIED_SHARE * num_points).any())
                  or _has_copies(order[~is_constant], is_equal[~is_constant]))
    return Columns(values, order.astype(row_type), is_tied, ((num_equal > 0) & needs_care) | is_constant)


def _has_copies(order: np.ndarray, is_equal: np.ndarray) -> bool:
    """Whether two columns order the rows alike, ties included, ascending or descending: both have the same splits.

    order: (D, n) rows in ascending order of value.  is_equal: (D, n - 1) whether neighbours there are equal."""
    ranks = np.zeros(order.shape, dtype=np.int32)
    np.put_along_axis(ranks, order[:, 1:], np.cumsum(~is_equal, axis=1, dtype=np.int32), axis=1)
    seen: set[bytes] = set()
    for rank in ranks:
        both_ways = {rank.tobytes(), (rank.max() - rank).tobytes()}
        if both_ways & seen:
            return True
        seen |= both_ways
    return False


def _identities(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) a number for each row, the same where all codes and the label are."""
    columns = [labels, *codes.T]
    order = np.lexsort(columns)
    is_new = np.zeros(len(labels), dtype=bool)
    for column in columns:
        is_new[1:] |= column[order[1:]] != column[order[:-1]]
    identities = np.empty(len(labels), dtype=np.int64)
    identities[order] = np.cumsum(is_new)
    return identities
