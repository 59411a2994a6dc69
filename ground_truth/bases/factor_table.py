"""Tables of factors: which row has which combination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...common.errors import DataError


def rows_by_index(factors: np.ndarray, sizes: Sequence[int], names: Sequence[str], where: str) -> np.ndarray:
    """For each place of the grid, in row-major order, the row of `factors` (n, F) that has it.

    where: what the table belongs to, for messages.  Raises DataError unless every combination occurs exactly once."""
    check_range(factors, sizes, names, where)
    indices = np.ravel_multi_index(tuple(factors.T), tuple(sizes))
    counts = np.bincount(indices, minlength=int(np.prod(sizes)))
    if (counts != 1).any():
        place = int(np.flatnonzero(counts != 1)[0])
        combination = ", ".join(f"{name} {value}" for name, value in
                                zip(names, np.unravel_index(place, tuple(sizes)), strict=True))
        raise DataError(f"{where}: {len(factors)} rows cover {np.count_nonzero(counts)} of {len(counts)} combinations "
                        f"of factors; ({combination}) occurs {counts[place]} times, expected each exactly once.")
    return np.argsort(indices, kind="stable")


def check_range(factors: np.ndarray, sizes: Sequence[int], names: Sequence[str], where: str) -> None:
    """Raises DataError unless column j of `factors` (n, F) lies in [0, sizes[j])."""
    if factors.ndim != 2 or factors.shape[1] != len(sizes):
        raise DataError(f"{where}: the factors have shape {factors.shape}; expected (n, {len(sizes)}).")
    outside = (factors < 0) | (factors >= np.asarray(sizes))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise DataError(f"{where}: factor {names[column]!r} is {factors[row, column]} in row {row}; "
                        f"expected 0 to {sizes[column] - 1}.")


def is_full_grid(factors: np.ndarray, sizes: Sequence[int]) -> bool:
    """Whether `factors` (n, F), within their ranges, has every combination exactly once."""
    if len(factors) != np.prod(sizes, dtype=np.float64):
        return False
    return len(np.unique(np.ravel_multi_index(tuple(factors.T), tuple(sizes)))) == len(factors)
