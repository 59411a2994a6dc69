"""Whether a value from outside fits a type annotation, and the words for what would.

Used for gin bindings, for JSON and for checkpoints.  Annotations are Python's own: numbers, text, None, unions,
literals, sequences, mappings, callables, classes, and `Annotated` with an Interval."""

from __future__ import annotations

import collections.abc
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLAIN_WORDS: dict[Any, str] = {int: "a whole number", float: "a number", str: "text in quotes", bool: "True or False",
                               type(None): "None", dict: "a dictionary", list: "a list", bytes: "bytes"}


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, each included unless it is open.  why: where the upper end comes from."""

    low: float = -math.inf
    high: float = math.inf
    is_low_open: bool = False
    is_high_open: bool = False
    why: str = ""

    def __contains__(self, value: float) -> bool:
        is_above = self.low < value if self.is_low_open else self.low <= value
        return is_above and (value < self.high if self.is_high_open else value <= self.high)

    def __str__(self) -> str:
        low, high = (f"{end:,}" if abs(end) >= 100_000 else f"{end:g}" for end in (self.low, self.high))
        at_least = f" {'above' if self.is_low_open else 'of at least'} {low}"
        if math.isinf(self.high):
            return "" if math.isinf(self.low) else at_least
        if self.is_low_open and self.is_high_open:
            return f" between {low} and {high}, both excluded"
        if self.is_high_open:
            return f"{at_least} and below {high}"
        return f" from {low} to {high}" + (f" ({self.why})" if self.why else "")


MOST_DIGITS = 18  # of a number in a text; Python refuses to convert thousands of them

ANY_NUMBER = Interval()
Fits = Callable[[Any, Any], bool | None]


def no_special_values(value: Any, annotation: Any) -> bool | None:
    """The default of `fits`: every value is what it looks like."""
    del value, annotation
    return None


def fits(value: Any, annotation: Any, interval: Interval = ANY_NUMBER, special: Fits = no_special_values) -> bool:
    """Whether `value` is what `annotation` says, and every number in it lies in `interval`.

    special: asked first about every value, also those inside others; None where it has nothing to say."""
    if (answer := special(value, annotation)) is not None:
        return answer
    if annotation is Any or isinstance(annotation, (str, typing.TypeVar)):
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        narrowed = next((extra for extra in arguments[1:] if isinstance(extra, Interval)), interval)
        return fits(value, arguments[0], narrowed, special)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, choice, interval, special) for choice in arguments)
    if origin is typing.Literal:
        return any(value is choice or (type(value) is type(choice) and value == choice) for choice in arguments)
    if origin is not None:
        return _fits_generic(value, origin, arguments, interval, special)
    return _fits_plain(value, annotation, interval)


def _fits_plain(value: Any, annotation: Any, interval: Interval) -> bool:
    if annotation in (None, type(None)):
        return value is None
    if annotation in (int, float):
        is_number = type(value) is int or (annotation is float and type(value) is float)
        return is_number and _is_finite(value) and value in interval
    if annotation in (str, bool, bytes):
        return type(value) is annotation
    if annotation in (collections.abc.Sequence, list, tuple):
        return isinstance(value, (list, tuple))
    if annotation in (collections.abc.Callable, typing.Callable):
        return callable(value)
    if getattr(annotation, "_is_protocol", False):
        return not isinstance(value, (int, float, str, bytes, list, tuple, dict, type(None)))
    return isinstance(value, annotation) if isinstance(annotation, type) else True


def _fits_generic(value: Any, origin: Any, arguments: Sequence[Any], interval: Interval, special: Fits) -> bool:
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        return isinstance(value, (list, tuple)) and len(value) == len(arguments) and all(
            fits(item, annotation, interval, special) for item, annotation in zip(value, arguments, strict=True))
    if origin in (list, tuple, collections.abc.Sequence):
        return isinstance(value, (list, tuple)) and all(fits(item, arguments[0], interval, special) for item in value)
    if origin in (dict, collections.abc.Mapping):
        return isinstance(value, Mapping) and all(
            fits(key, arguments[0], ANY_NUMBER, special) and fits(item, arguments[1], interval, special)
            for key, item in value.items())
    if origin is type:
        return isinstance(value, type)
    return callable(value) if origin is collections.abc.Callable else True


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:  # a whole number beyond the largest float
        return False


def counted(text: str) -> int | None:
    """The whole number that a text of decimal digits stands for; None for any other text, and for too many digits.

    `str.isdigit` also accepts characters such as "²", which `int` does not."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def in_words(annotation: Any, interval: Interval = ANY_NUMBER) -> str:
    """What fits an annotation, for a sentence after 'expected'."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (int, float):
        return f"{PLAIN_WORDS[annotation]}{interval}"
    if isinstance(annotation, type) and isinstance(words := getattr(annotation, "IN_WORDS", None), str):
        return words  # a class that says what it is in the words of its users
    if annotation in PLAIN_WORDS or annotation is None:
        return PLAIN_WORDS[type(None) if annotation is None else annotation]
    if origin is typing.Annotated:
        narrowed = next((extra for extra in arguments[1:] if isinstance(extra, Interval)), interval)
        return in_words(arguments[0], narrowed)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(in_words(choice, interval) for choice in arguments))
    if origin is typing.Literal:
        return "one of " + ", ".join(map(repr, arguments))
    if origin in (list, tuple, collections.abc.Sequence):
        items = dict.fromkeys(in_words(item, interval) for item in arguments if item is not Ellipsis)
        return f"a list, each item {' or '.join(items)}"
    if origin in (dict, collections.abc.Mapping):
        return f"a dictionary from {in_words(arguments[0])} to {in_words(arguments[1], interval)}"
    if origin is collections.abc.Callable:
        return "a reference to a function or class, such as @name"
    if origin is type:
        return "a reference to a class, such as @name"
    return f"a {annotation.__name__}, such as @name()" if isinstance(annotation, type) else "something else"
