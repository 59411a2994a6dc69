"""Scores that cannot be computed: NaN and a warning, as scikit-learn's `UndefinedMetricWarning`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_FACTOR_NAMES: ContextVar[tuple[str, ...]] = ContextVar("factor_names", default=())


class UndefinedScoreWarning(UserWarning):
    """A score is NaN because the points leave it undefined; the message says why."""


def undefined(reason: str) -> float:
    """Returns NaN for a number that cannot be computed, and warns with the reason, a sentence."""
    warnings.warn(reason[:1].upper() + reason[1:], UndefinedScoreWarning, stacklevel=3)
    return float("nan")


@contextmanager
def named_factors(names: Sequence[str]) -> Iterator[None]:
    """Reasons inside call factors by these names, one for each column of the factors."""
    token = _FACTOR_NAMES.set(tuple(map(str, names)))
    try:
        yield
    finally:
        _FACTOR_NAMES.reset(token)


def factor_labels(positions: Iterable[int]) -> str:
    """Returns how a reason calls columns of the factors: by name where names are known, else by number.

    >>> factor_labels([0, 2])
    'factors 0, 2'
    >>> with named_factors(["shape", "scale"]):
    ...     factor_labels([1])
    'factor scale'
    """
    names, found = _FACTOR_NAMES.get(), [int(position) for position in positions]
    labels = [names[position] if position < len(names) else str(position) for position in found]
    return f"factor{'s' if len(found) != 1 else ''} {', '.join(labels)}"


def one_value(positions: Iterable[int]) -> str:
    """Returns "factor shape takes one value", "factors shape, scale take one value" or "no factor takes one value"."""
    found = list(positions)
    if not found:
        return "no factor takes one value"
    return f"{factor_labels(found)} take{'s' if len(found) == 1 else ''} one value"
