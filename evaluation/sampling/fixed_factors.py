"""Groups of points in which several factors are fixed, for m-FVM (arXiv:2401.08897)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...common.errors import UserError


def numbers_of_fixed_factors(num_fixed_factors: Sequence[int] | None, num_factors: int) -> list[int]:
    """The given numbers, by default 2 to num_factors - 1.  Raises UserError for others, or where there are none."""
    numbers = list(range(2, num_factors)) if num_fixed_factors is None else list(num_fixed_factors)
    if not numbers or min(numbers) < 1 or max(numbers) >= num_factors:
        raise UserError(f"m-FVM fixes 2 to {num_factors - 1} of a data set's factors; got num_fixed_factors = "
                        f"{num_fixed_factors} for {num_factors} factors.")
    return numbers


def fix_factors(tuples: Sequence[tuple[int, ...]]) -> Callable[[np.ndarray, np.ndarray], None]:
    """An intervention that gives the factors of each group's tuple the values of the group's first point."""

    def intervene(factors: np.ndarray, numbers: np.ndarray) -> None:
        groups = np.arange(len(numbers))
        for position in range(len(tuples[0])):
            columns = np.array([of_tuple[position] for of_tuple in tuples])[numbers]
            for of_set in factors:
                of_set[groups, :, columns] = of_set[groups, 0, columns][:, np.newaxis]

    return intervene
