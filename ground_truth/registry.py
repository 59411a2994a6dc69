"""Data sets by name; each file in this folder registers its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..common.registry import Registry, import_members
from .ground_truth_data import GroundTruthData

Factory = TypeVar("Factory", bound=Callable[[], GroundTruthData])

_DATA_SETS: Registry[Callable[[], GroundTruthData]] = Registry("data set")


def register(*names: str) -> Callable[[Factory], Factory]:
    """Registers a class or function that makes a data set without arguments, under each of `names`."""
    return _DATA_SETS.register(*names)  # type: ignore[return-value]


def data_sets() -> Registry[Callable[[], GroundTruthData]]:
    """All data sets by name, every file of this folder imported."""
    import_members(f"{__package__}.sets")
    return _DATA_SETS
