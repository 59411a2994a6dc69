"""Random streams of metrics: scikit-learn's `random_state`, and copies handed out to fits that run in parallel."""

from __future__ import annotations

from typing import TypeGuard, cast

import numpy as np

from ..common.errors import UserError

RandomSeed = int | np.integer | np.random.RandomState | np.random.Generator | None


NUM_SEEDS = 2**32  # numpy's RandomState takes 0 to 2**32 - 1


class RestartingStream(np.random.RandomState):
    """A stream from whose start every model draws again, for projects that reseed before each fit."""


def as_random_state(random_state: RandomSeed) -> np.random.RandomState:
    """Returns a `RandomState` for whatever scikit-learn takes as `random_state`, and for a numpy Generator.

    A `RandomState` is returned itself, a seed gives a fresh one, and None (or the module `numpy.random`) numpy's global
    one.  A Generator, or a stream of other bits than the Mersenne Twister's, whose state cannot be handed out, draws
    the seed of a fresh one.  Raises UserError for anything else."""
    if random_state is None or cast(object, random_state) is np.random:
        return np.random.mtrand._rand  # numpy's global RandomState has no public name
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(int(random_state.integers(NUM_SEEDS)))
    if isinstance(random_state, np.random.RandomState):
        if random_state.get_state(legacy=False)["bit_generator"] == "MT19937":
            return random_state
        return np.random.RandomState(random_state.randint(NUM_SEEDS, dtype=np.uint32))
    if _is_seed(random_state):
        return np.random.RandomState(int(random_state))
    raise UserError(f"random_state is {random_state!r}; expected an integer from 0 to 2**32 - 1, a "
                    "numpy.random.RandomState or Generator, or None for numpy's global stream.")


def checked_seed(seed: object) -> int:
    """Returns a seed as an int.  Raises UserError, which names `seed`, for anything but an integer in range."""
    if not _is_seed(seed):
        raise UserError(f"seed is {seed!r}; expected an integer from 0 to 2**32 - 1.")
    return int(seed)


def _is_seed(value: object) -> TypeGuard[int | np.integer]:
    return isinstance(value, (int, np.integer)) and bool(0 <= value < NUM_SEEDS)


def hand_out(stream: np.random.RandomState, num_draws: int) -> np.random.RandomState:
    """Copies a stream where it stands, then moves it on by `num_draws` draws of a tree's seed.

    Fits can then run in any order and draw what they would have drawn one after the other."""
    state = np.random.RandomState()
    state.set_state(stream.get_state(legacy=False))
    if num_draws and not isinstance(stream, RestartingStream):
        stream.randint(0, np.iinfo(np.int32).max, size=num_draws)
    return state
