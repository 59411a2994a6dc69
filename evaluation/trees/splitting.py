"""The best split of one node on one column, scored as scikit-learn scores it, in the same order of operations.

All positions are scored with tabulated reciprocals, which a compiler turns into vector instructions; only those that
come within rounding of the best are scored again with scikit-learn's own divisions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .memory import BLOCK, Workspace

NOTHING = -(2**62)
ROUNDING = 1.0 - 4e-15  # relative; the two ways of scoring differ by less than a third of it


def tabulate_reciprocals(num: int) -> np.ndarray:
    """(2, num + 1): 1 / k at place k, 0 at place 0, and the same backwards, so that both are read in one direction."""
    forwards = np.concatenate([[0.0], 1 / np.arange(1, num + 1)])
    return np.stack([forwards, forwards[::-1]])


@njit(nogil=True, cache=True)
def score_positions(rows: np.ndarray, residuals: np.ndarray, total: float, tied: np.ndarray, reciprocals: np.ndarray,
                    work: Workspace) -> float:
    """Fills work.sums[p] for p = 0 .. n - 1 rows going left; returns the best approximate score, -1 if there is none.

    rows: (n,) the node's rows in ascending order of value.  tied: positions that are no splits, ascending.
    reciprocals: (2, n + 1 or more), as `tabulate_reciprocals` makes them.  work.block_bests: each block's best."""
    num, sums = len(rows), work.sums[:len(rows)]
    falling = len(reciprocals[1]) - 1 - num  # where 1 / num stands in the row that is read backwards
    forwards, backwards = reciprocals[0, :num], reciprocals[1, falling:falling + num]
    if len(tied):
        _sum_up(0.0, rows, residuals, sums)
        _restart_sums(rows, residuals, total, tied, sums)
    running, best, num_skipped = 0.0, NOTHING, 0
    for block in range(num // BLOCK + 1):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, num)
        if not len(tied):
            running = _sum_up(running, rows[start:stop], residuals, sums[start:stop])
        scores = _approximate_scores(sums[start:stop], total, forwards[start:stop], backwards[start:stop], work.scores)
        while num_skipped < len(tied) and tied[num_skipped] < stop:
            scores[tied[num_skipped] - start] = -1.0
            num_skipped += 1
        work.block_bests[block] = _largest_bits(scores[1:] if block == 0 else scores)
        best = max(best, work.block_bests[block])
    return _as_float(best) if best >= 0 else -1.0


@njit(nogil=True, cache=True)
def _sum_up(running: float, rows: np.ndarray, residuals: np.ndarray, sums: np.ndarray) -> float:
    """The sum before each row, and after all."""
    for place in range(len(rows)):
        sums[place] = running
        running += residuals[rows[place]]
    return running


@njit(nogil=True, cache=True)
def _approximate_scores(sums: np.ndarray, total: float, forwards: np.ndarray, backwards: np.ndarray,
                        buffer: np.ndarray) -> np.ndarray:
    scores = buffer[:len(sums)]
    for place in range(len(sums)):
        left = sums[place]
        right = total - left
        scores[place] = left * left * forwards[place] + right * right * backwards[place]
    return scores


@njit(nogil=True, cache=True)
def _largest_bits(scores: np.ndarray) -> int:
    """Doubles that are not negative compare like integers, which vectorises."""
    bits, best = scores.view(np.int64), NOTHING
    for place in range(len(bits)):
        best = max(best, bits[place])
    return best


@njit(nogil=True, cache=True)
def _as_float(bits: int) -> float:
    return np.array([bits]).view(np.float64)[0]


@njit(nogil=True, cache=True)
def _restart_sums(rows: np.ndarray, residuals: np.ndarray, total: float, tied: np.ndarray, sums: np.ndarray) -> None:
    """Where a run of ties is longer than what remains to its right, scikit-learn sums that remainder backwards."""
    num, num_tied = len(rows), len(tied)
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
def best_position(num: int, total: float, tied: np.ndarray, approximate: float, best: float,
                  work: Workspace) -> tuple[float, int]:
    """The largest exact score above `best` and its first position; `best` and position 0 when there is none."""
    found = 0
    limit = max(best, approximate) * ROUNDING
    if approximate < 0.0 or approximate < limit:
        return best, found
    for block in range(num // BLOCK + 1):
        if work.block_bests[block] < 0 or _as_float(work.block_bests[block]) < limit:
            continue
        start = max(block * BLOCK, 1)
        following = np.searchsorted(tied, start)
        for position in range(start, min((block + 1) * BLOCK, num)):
            if following < len(tied) and tied[following] == position:
                following += 1
                continue
            left = work.sums[position]
            right = total - left
            score = left * left / position + right * right / (num - position)
            if score > best:
                best, found = score, position
    return best, found
