"""Bounded integers of a `RandomState`, many at a time, and the same as one `randint` after the other.

A `RandomState`'s stream is frozen: `randint(n, size=b)` takes 32-bit words, keeps as many low bits as n - 1 has, and
rejects what is too large; n = 1 takes nothing.  So words are drawn in bulk and turned into integers here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.errors import UserError
from ...metrics.estimators.fast_paths import FastPath

LARGEST = 2**32


def draw_integers(random_state: np.random.RandomState, sizes: Sequence[int], counts: Sequence[int],
                  repeats: int = 1) -> np.ndarray:
    """`repeats` times, for each pair of sizes and counts in order: `randint(size, size=count)`.

    Returns (repeats, sum(counts)) int64, and leaves the stream where those calls would.
    Raises UserError for a size below 1 or of 2^32 and more."""
    if any(not 1 <= size < LARGEST for size in sizes):
        raise UserError(f"Cannot draw integers below {list(sizes)}: every size must be from 1 to {LARGEST - 1}.")
    return (_draw if DRAWS.is_equal() else _draw_in_turn)(random_state, sizes, counts, repeats)


def _draw_in_turn(random_state: np.random.RandomState, sizes: Sequence[int], counts: Sequence[int],
                  repeats: int) -> np.ndarray:
    """numpy's own calls, one after the other."""
    rows = [[random_state.randint(size, size=count) for size, count in zip(sizes, counts, strict=True)]
            for _ in range(repeats)]
    return np.array([np.concatenate(row) for row in rows], dtype=np.int64).reshape(repeats, sum(counts))


def _draw(random_state: np.random.RandomState, sizes: Sequence[int], counts: Sequence[int],
          repeats: int) -> np.ndarray:
    """The same out of words drawn in bulk."""
    limits = np.array(sizes, dtype=np.uint32) - np.uint32(1)
    bits = np.array([int(limit).bit_length() for limit in limits])
    masks = ((1 << bits) - 1).astype(np.uint32)
    times = np.asarray(counts, dtype=np.int64)
    values = np.empty((repeats, int(times.sum())), dtype=np.int64)
    start = random_state.get_state(legacy=False)
    expected = repeats * float(np.sum(times * (limits > 0) * (masks + 1.0) / (limits + 1.0)))
    num_words = int(1.02 * expected) + 1000
    while True:
        words = random_state.randint(0, LARGEST, size=num_words, dtype=np.uint32)
        random_state.set_state(start)
        used = _fill(words, limits, masks, times, values)
        if used >= 0:
            random_state.randint(0, LARGEST, size=used, dtype=np.uint32)
            return values
        num_words *= 2


@compiled()
def _fill(words: np.ndarray, limits: np.ndarray, masks: np.ndarray, counts: np.ndarray, values: np.ndarray) -> int:
    """Fills `values` row by row; returns the number of words used, -1 when they did not suffice."""
    used = 0
    for repeat in range(len(values)):
        place = 0
        for segment in range(len(limits)):
            limit, mask = limits[segment], masks[segment]
            for _ in range(counts[segment]):
                value = np.uint32(0)
                if limit > 0:
                    while True:
                        if used == len(words):
                            return -1
                        value = words[used] & mask
                        used += 1
                        if value <= limit:
                            break
                values[repeat, place] = value
                place += 1
    return used


def _has_numpys_bits() -> bool:
    """Sizes that reject much, little and nothing; the stream must be left at the same place too."""
    arguments = ((1, 2, 5, 1025, LARGEST - 1), (3, 2, 40, 50, 2), 20)
    streams = np.random.RandomState(1), np.random.RandomState(1)
    return (np.array_equal(_draw(streams[0], *arguments), _draw_in_turn(streams[1], *arguments))
            and streams[0].randint(1000) == streams[1].randint(1000))


DRAWS = FastPath("random draws", "numpy", "1.26 and later", _has_numpys_bits)
