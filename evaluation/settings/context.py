"""The second random stream, parallel jobs, and what happens to undefined scores: decided once for a whole protocol.

Models built without a random state draw on numpy's global stream in disentanglement_lib, which never seeds it, so
that its scores change from run to run.  Here a stream of the protocol's stands in for it.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...metrics.estimators import jobs
from ...metrics.random_streams import RestartingStream, as_random_state
from ...metrics.undefined import UndefinedScoreWarning

logger = logging.getLogger(__name__)

ON_DEGENERATE = ("nan", "raise")

_stream: ContextVar[np.random.RandomState | None] = ContextVar("stream", default=None)
_num_jobs: ContextVar[int | None] = ContextVar("num_jobs", default=None)


@contextlib.contextmanager
def evaluation_context(stream: np.random.RandomState | None = None, on_degenerate: str = "nan",
                       restarts: bool = False) -> Iterator[None]:
    """Runs the block with a stream for models, by default numpy's global one, and a rule for undefined scores.

    on_degenerate: "nan" logs the reason of an undefined score, "raise" raises it as a UserError.
    restarts: every model draws from the stream's start again, as where a project reseeds before each fit.
    Raises UserError for an unknown `on_degenerate`."""
    if on_degenerate not in ON_DEGENERATE:
        raise UserError(f"on_degenerate is {on_degenerate!r}; expected one of {', '.join(ON_DEGENERATE)}.")
    token = _stream.set(_restarting(stream) if restarts and stream is not None else stream)
    try:
        with _undefined_scores(on_degenerate):
            yield
    finally:
        _stream.reset(token)


def model_stream() -> np.random.RandomState:
    """The stream that models without a random state of their own draw on."""
    return as_random_state(_stream.get())


@contextlib.contextmanager
def using_jobs(number: int | None) -> Iterator[None]:
    """Runs the block with `number` parallel jobs; None means the number of available cores.

    Raises UserError for what is no such number."""
    token = _num_jobs.set(jobs.num_jobs(number))
    try:
        yield
    finally:
        _num_jobs.reset(token)


def num_jobs() -> int:
    """The number of parallel jobs."""
    return jobs.num_jobs(_num_jobs.get())


def _restarting(stream: np.random.RandomState) -> RestartingStream:
    restarting = RestartingStream()
    restarting.set_state(stream.get_state(legacy=False))
    return restarting


@contextlib.contextmanager
def _undefined_scores(on_degenerate: str) -> Iterator[None]:
    """Logs warnings of undefined scores, or raises the first one as a UserError."""
    with warnings.catch_warnings():
        if on_degenerate == "raise":
            warnings.simplefilter("error", UndefinedScoreWarning)
        else:
            warnings.simplefilter("always", UndefinedScoreWarning)
            warnings.showwarning = _logging_undefined(warnings.showwarning)
        try:
            yield
        except UndefinedScoreWarning as warning:
            raise UserError(f"{warning} (evaluation.on_degenerate = 'nan' gives NaN instead.)") from None


def _logging_undefined(otherwise: Callable[..., Any]) -> Callable[..., Any]:
    def show(message: Warning | str, category: type[Warning], *arguments: Any, **options: Any) -> None:
        if issubclass(category, UndefinedScoreWarning):
            logger.warning("%s The score is NaN.", message)
        else:
            otherwise(message, category, *arguments, **options)

    return show
