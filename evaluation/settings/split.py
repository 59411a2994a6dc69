"""Whether test points may be training points, and what results record of the points that a metric drew."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from ...common.errors import UnknownNameError
from ...ground_truth.ground_truth_data import GroundTruthData

SPLITS = ("reference", "disjoint")

_split: ContextVar[str] = ContextVar("split", default="reference")
_seen: ContextVar[dict[str, float] | None] = ContextVar("seen", default=None)


@contextlib.contextmanager
def using_split(name: str | None, data: GroundTruthData) -> Iterator[dict[str, Any]]:
    """Runs the block with a rule for drawing test points; yields what is to be recorded of it afterwards.

    name: "reference", "disjoint", or None for the default of the data set: points without images are split.
    Raises UnknownNameError for another name."""
    name = name or getattr(data, "default_split", "reference")
    if name not in SPLITS:
        raise UnknownNameError("split", name, SPLITS)
    record: dict[str, Any] = {}
    seen: dict[str, float] = {}
    tokens = _split.set(name), _seen.set(seen)
    try:
        yield record
        record |= {"split": name, "test_points_seen_in_training": seen} if seen else {}
        record |= {"binned_factors": bins} if (bins := getattr(data, "binned_factors", None)) else {}
    finally:
        _split.reset(tokens[0])
        _seen.reset(tokens[1])


def is_disjoint() -> bool:
    """Whether no test point may be a training point."""
    return _split.get() == "disjoint"


def note_seen(num_train: int, num_test: int, share: float) -> None:
    """Records the share of `num_test` test points that are among `num_train` training points."""
    seen = _seen.get()
    if seen is not None:
        seen[f"{num_train} training, {num_test} test points"] = share
