"""The best split of one node on one column, scored as scikit-learn scores it, in the same order of operations.

All positions are scored with tabulated reciprocals, which a compiler turns into vector instructions; only those that
come within rounding of the best are scored again with scikit-learn's own divisions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .columns import GAP, Columns

ROUNDING = 1.0 - 4e-15  # relative; the two ways of scoring differ by less than a third of it
MANY = 16  # a column in which one row in so many is close to the one before is looked at position by position


def tabulate_reciprocals(num: int) -> np.ndarray:
    """(2, num + 1): 1 / k at place k, 0 at place 0, and the same backwards, so that both are read in one direction."""
    forwards = np.concatenate([[0.0], 1 / np.arange(1, num + 1)])
    return np.stack([forwards, forwards[::-1]])


@njit(nogil=True, cache=True)
def score_positions(rows: np.ndarray, residuals: np.ndarray, total: float, num_tied: int, tied: np.ndarray,
                    sums: np.ndarray, scores: np.ndarray, reciprocals: np.ndarray) -> float:
    """Fills sums[p] and scores[p] for p = 1 .. n - 1 rows going left; returns the best approximate score.

    rows: (n,) the node's rows in ascending order of value.  tied: positions that are no splits, `num_tied` of them.
    reciprocals: (2, n + 1 or more), as `tabulate_reciprocals` makes them."""
    num = len(rows)
    sums[0] = running = 0.0
    for position in range(1, num):
        running += residuals[rows[position - 1]]
        sums[position] = running
    if num_tied:
        _restart_sums(rows, residuals, total, num_tied, tied, sums)
    falling = len(reciprocals[1]) - 1 - num  # where 1 / num stands in the row that is read backwards
    forwards, backwards = reciprocals[0, :num], reciprocals[1, falling:falling + num]
    for position in range(num):
        left = sums[position]
        right = total - left
        scores[position] = left * left * forwards[position] + right * right * backwards[position]
    for index in range(num_tied):
        scores[tied[index]] = -1.0
    bits = scores.view(np.int64)  # doubles that are not negative compare like integers, which vectorises
    best = np.int64(-(2**62))
    for position in range(1, num):
        best = max(best, bits[position])
    return np.array([best]).view(np.float64)[0] if best >= 0 else -1.0


@njit(nogil=True, cache=True)
def _restart_sums(rows: np.ndarray, residuals: np.ndarray, total: float, num_tied: int, tied: np.ndarray,
                  sums: np.ndarray) -> None:
    """Where a run of ties is longer than what remains to its right, scikit-learn sums that remainder backwards."""
    num = len(rows)
    before = tied[0] - 1
    for index in range(num_tied):
        following = tied[index] + 1
        if index + 1 < num_tied and tied[index + 1] == following:
            continue
        if following < num and following - before > num - following:
            running = total
            for position in range(num - 1, following - 1, -1):
                running -= residuals[rows[position]]
            sums[following] = running
            for position in range(following + 1, num):
                running += residuals[rows[position - 1]]
                sums[position] = running
        if index + 1 < num_tied:
            before = tied[index + 1] - 1


@njit(nogil=True, cache=True)
def best_position(num: int, total: float, approximate: float, best: float, sums: np.ndarray,
                  scores: np.ndarray) -> tuple[float, int]:
    """The largest exact score above `best` and its first position; `best` and position 0 when there is none."""
    found = 0
    limit = max(best, approximate) * ROUNDING
    if approximate < 0.0 or approximate < limit:
        return best, found
    for position in range(1, num):
        if scores[position] >= limit:
            left = sums[position]
            right = total - left
            score = left * left / position + right * right / (num - position)
            if score > best:
                best, found = score, position
    return best, found


@njit(nogil=True, cache=True)
def find_ties(columns: Columns, column: int, rows: np.ndarray, tied: np.ndarray) -> int:
    """Writes the positions p with x[p] <= x[p - 1] + GAP to `tied`, ascending; returns their number."""
    values = columns.values[column]
    start, end = columns.close_starts[column], columns.close_starts[column + 1]
    found = 0
    if columns.is_resorted[column] or (end - start) * MANY > len(values):  # ranks may differ from the node's order
        for position in range(1, len(rows)):
            if values[rows[position]] <= np.float32(values[rows[position - 1]] + GAP):
                tied[found] = position
                found += 1
        return found
    ranks = columns.ranks[column]
    for index in range(start, end):  # only a row close to its predecessor in the column can be close to one in the node
        row = columns.close_rows[index]
        position = _place(ranks, rows, ranks[row])
        if (0 < position < len(rows) and rows[position] == row
                and values[row] <= np.float32(values[rows[position - 1]] + GAP)):
            tied[found] = position
            found += 1
    return found


@njit(nogil=True, cache=True)
def _place(ranks: np.ndarray, rows: np.ndarray, rank: int) -> int:
    """First position whose row has at least `rank`; rows are in ascending order of rank."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if ranks[rows[middle]] < rank:
            low = middle + 1
        else:
            high = middle
    return low
