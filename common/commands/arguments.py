"""Types for argparse: numbers within a range, refused in the words of the gin checks."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..checking.ranges import IMAGE_BYTES, as_many_as_fit
from ..checking.values import Interval, fits, in_words
from ..errors import shown


def whole(low: float = -float("inf"), high: float = float("inf")) -> Callable[[str], int]:
    """Whole numbers from `low` to `high`."""
    return _number(int, Interval(low, high))


def count(low: int = 1) -> Callable[[str], int]:
    """Numbers of images and the like: at least `low`, and as many as memory allows."""
    return _number(int, as_many_as_fit(low, IMAGE_BYTES))


def seed() -> Callable[[str], int]:
    """Seeds of numpy's RandomState."""
    return whole(0, 2**32 - 1)


def real(interval: Interval) -> Callable[[str], float]:
    """Finite numbers in an interval."""
    return _number(float, interval)


def _number(kind: type, interval: Interval) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = text
        if not fits(value, kind, interval):
            raise argparse.ArgumentTypeError(f"is {shown(text, 40)}; expected {in_words(kind, interval)}")
        return value

    return read
