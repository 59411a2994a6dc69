"""Groups of points that share labels, taken from one labelled sample instead of drawn anew (arXiv:2012.09276)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def numbers_of_groups(num_factors: int, num_train: int, num_eval: int,
                      random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """How many training and evaluation groups each factor gets, (num_factors,) each: every group draws its factor."""
    train = np.bincount(random_state.randint(0, num_factors, num_train), minlength=num_factors)
    return train, np.bincount(random_state.randint(0, num_factors, num_eval), minlength=num_factors)


def repeated_values(labels: np.ndarray) -> np.ndarray:
    """Values that at least two of labels (n,) have, ascending."""
    values, counts = np.unique(labels, return_counts=True)
    return values[counts > 1]


def shuffled_supply(rows: np.ndarray, number: int, random_state: np.random.RandomState) -> np.ndarray:
    """`number` of the rows: all of them shuffled, as often as it takes."""
    rows, supply = rows.copy(), []
    for start in range(0, number, len(rows)):
        random_state.shuffle(rows)
        supply.append(rows[:number - start].copy())
    return np.concatenate(supply)


def take_groups(members: Sequence[np.ndarray], train: np.ndarray, evaluation: np.ndarray, order: Iterable[int],
                batch_size: int, random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Rows (num_groups, batch_size) of training and of evaluation groups.

    members: the rows that may form a group of each kind.  train, evaluation: the kind of each group.  order: in which
    kinds are supplied; of one kind's rows, the first go to training."""
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for kind in order:
        num_train, num_eval = int(np.sum(train == kind)), int(np.sum(evaluation == kind))
        rows = shuffled_supply(members[kind], batch_size * (num_train + num_eval), random_state)
        rows = rows.reshape(-1, batch_size)
        found[0].append(rows[:num_train])
        found[1].append(rows[num_train:])
    return np.concatenate(found[0]), np.concatenate(found[1])
