"""What the protocol decides for a metric beside its arguments: the second random stream, and what undefined means.

Models built without a random state draw on numpy's global stream in disentanglement_lib, which never seeds it, so
that its scores change from run to run.  Here a stream of the protocol's stands in for it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from ..common.errors import UserError

logger = logging.getLogger(__name__)

ON_DEGENERATE = ("nan", "raise")


@dataclass(frozen=True)
class Context:
    """stream: stands in for numpy's global one; None is that itself.  on_degenerate: "nan" or "raise".

    restarts: every model draws from the stream's start again, as where a project reseeds before each fit."""

    stream: np.random.RandomState | None = None
    on_degenerate: str = "nan"
    restarts: bool = False


DEFAULT = Context()

_context: ContextVar[Context] = ContextVar("context", default=DEFAULT)


@contextlib.contextmanager
def evaluation_context(stream: np.random.RandomState | None = None, on_degenerate: str = "nan",
                       restarts: bool = False) -> Iterator[None]:
    """Runs the block under these decisions.  Raises UserError for an unknown `on_degenerate`."""
    if on_degenerate not in ON_DEGENERATE:
        raise UserError(f"on_degenerate is {on_degenerate!r}; expected one of {', '.join(ON_DEGENERATE)}.")
    token = _context.set(Context(stream, on_degenerate, restarts))
    try:
        yield
    finally:
        _context.reset(token)


def model_stream() -> np.random.RandomState:
    """The stream that models without a random state of their own draw on."""
    stream = _context.get().stream
    return np.random.mtrand._rand if stream is None else stream  # numpy's global RandomState has no public name


def hand_out(num_draws: int) -> np.random.RandomState:
    """A copy of the model stream where it stands, which then moves on by `num_draws` draws of a tree's seed.

    So fits can run in any order and draw what they would have drawn one after the other."""
    stream = model_stream()
    state = np.random.RandomState()
    state.set_state(stream.get_state(legacy=False))
    if num_draws and not _context.get().restarts:
        stream.randint(0, np.iinfo(np.int32).max, size=num_draws)
    return state


def undefined(reason: str) -> float:
    """NaN for a number that cannot be computed, with a warning; raises UserError under on_degenerate = "raise"."""
    if _context.get().on_degenerate == "raise":
        raise UserError(f"{reason} (evaluation.on_degenerate = 'nan' gives NaN instead.)")
    logger.warning("%s The score is NaN.", reason)
    return float("nan")
