"""The best split of one node on one column, scored as scikit-learn scores it, in the same order of operations.

All positions are scored with tabulated reciprocals, which a compiler turns into vector instructions; only those that
come within rounding of the best are scored again with scikit-learn's own divisions.
"""

from __future__ import annotations

import numpy as np

from .memory import BLOCK, Workspace, uncounted

NOTHING = -(2**62)  # as bits; as a double it is -2
NO_SPLIT = -1.0
ROUNDING = 1.0 - 4e-15  # relative; the two ways of scoring differ by less than a third of it


def tabulate_reciprocals(num: int) -> np.ndarray:
    """(2, num + 1): 1 / k at place k, 0 at place 0, and the same backwards, so that both are read in one direction."""
    forwards = np.concatenate([[0.0], 1 / np.arange(1, num + 1)])
    return np.stack([forwards, forwards[::-1]])


@uncounted
def score_positions(rows: np.ndarray, residuals: np.ndarray, total: float, tied: np.ndarray, reciprocals: np.ndarray,
                    work: Workspace) -> float:
    """Fills work.sums[p] for p = 0 .. n - 1 rows going left; returns the best approximate score, < 0 if there is none.

    rows: (n,) the node's rows in ascending order of value.  tied: positions that are no splits, ascending.
    reciprocals: (2, n + 1 or more), as `tabulate_reciprocals` makes them.  work.block_bests: each block's best."""
    num, sums, block_bests = len(rows), work.sums[:len(rows)], work.block_bests.view(np.float64)
    if len(tied):
        _sum_up(0.0, rows, residuals, sums)
        _restart_sums(rows, residuals, total, tied, sums)
    running, best, num_skipped = 0.0, NO_SPLIT, 0
    for block in range(num // BLOCK + 1):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, num)
        if not len(tied):
            running = _sum_up(running, rows[start:stop], residuals, sums[start:stop])
        num_skipped = _score_block(start, sums, total, tied, num_skipped, reciprocals, work.scores)
        work.block_bests[block] = _largest_bits(work.scores[:stop - start])
        best = max(best, block_bests[block])
    return best


@uncounted
def _sum_up(running: float, rows: np.ndarray, residuals: np.ndarray, sums: np.ndarray) -> float:
    """The sum before each row, and after all."""
    for place in range(len(rows)):
        sums[place] = running
        running += residuals[rows[place]]
    return running


@uncounted
def _score_block(start: int, sums: np.ndarray, total: float, tied: np.ndarray, num_skipped: int,
                 reciprocals: np.ndarray, scores: np.ndarray) -> int:
    """Approximate scores of the block of positions from `start`, NO_SPLIT at 0 and at those of tied[num_skipped:].

    Returns how many of `tied` lie before the block's end."""
    num = len(sums)
    stop = min(start + BLOCK, num)
    falling = len(reciprocals[1]) - 1 - num  # where 1 / num stands in the row that is read backwards
    _approximate_scores(sums[start:stop], total, reciprocals[0, start:stop],
                        reciprocals[1, falling + start:falling + stop], scores)
    while num_skipped < len(tied) and tied[num_skipped] < stop:
        scores[tied[num_skipped] - start] = NO_SPLIT
        num_skipped += 1
    if start == 0:
        scores[0] = NO_SPLIT
    return num_skipped


@uncounted
def _approximate_scores(sums: np.ndarray, total: float, forwards: np.ndarray, backwards: np.ndarray,
                        scores: np.ndarray) -> None:
    for place in range(len(sums)):
        left = sums[place]
        right = total - left
        scores[place] = left * left * forwards[place] + right * right * backwards[place]


@uncounted
def _largest_bits(scores: np.ndarray) -> int:
    """Doubles that are not negative compare like integers, which vectorises."""
    bits, best = scores.view(np.int64), NOTHING
    for place in range(len(bits)):
        best = max(best, bits[place])
    return best


@uncounted
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


@uncounted
def best_position(num: int, total: float, tied: np.ndarray, approximate: float, best: float, reciprocals: np.ndarray,
                  work: Workspace) -> tuple[float, int]:
    """The largest exact score above `best` and its first position; `best` and position 0 when there is none.

    approximate: what `score_positions` returned for this node and column."""
    found, limit = 0, max(best, approximate) * ROUNDING
    if approximate < 0.0 or approximate < limit:
        return best, found
    sums, scores, block_bests = work.sums[:num], work.scores, work.block_bests.view(np.float64)
    for block in range(num // BLOCK + 1):
        if block_bests[block] < limit:
            continue
        start = block * BLOCK
        _score_block(start, sums, total, tied, int(np.searchsorted(tied, start)), reciprocals, scores)
        for place in range(min(BLOCK, num - start)):
            if scores[place] < limit:
                continue
            position = start + place
            left = sums[position]
            right = total - left
            score = left * left / position + right * right / (num - position)
            if score > best:
                best, found = score, position
    return best, found
