"""Keyword arguments of public functions, checked against the function's own annotations as gin's bindings are."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..errors import UserError, shown
from .ranges import interval_of
from .values import ANY_NUMBER, Interval, fits, in_words

Function = TypeVar("Function", bound=Callable[..., Any])


def with_checked_options(function: Function, but: tuple[str, ...] = ()) -> Function:
    """Returns a function that checks its keyword-only arguments before it calls `function`.

    Each is compared with its annotation, and numbers with the range that goes with the parameter's name; NumPy's
    scalars and arrays count as Python's numbers and lists.  but: arguments that `function` checks itself.
    The function raises UserError, which names the argument, its value and what was expected."""

    @functools.wraps(function)
    def checked(*arguments: Any, **options: Any) -> Any:
        for name, value in options.items():
            if name not in but and (annotation := _annotations(function).get(name)) is not None:
                check_option(name, value, annotation)
        return function(*arguments, **options)

    return typing.cast(Function, checked)


def check_option(name: str, value: Any, annotation: Any, interval: Interval | None = None) -> None:
    """Raises UserError unless a value is what an annotation says.

    interval: of the numbers in it, by default the range that goes with the name."""
    range_of_numbers = interval_of(name) if interval is None else interval
    if fits(_plain(value), annotation, range_of_numbers):
        return
    if _is_callable(annotation):
        hint = f", such as lambda: {type(value).__name__}(...)" if hasattr(value, "fit") else ""
        raise UserError(f"{name} is {shown(value, 60)}; expected a function or class{hint}.")
    words = in_words(annotation, range_of_numbers if holds_numbers(annotation) else ANY_NUMBER)
    raise UserError(f"{name} is {shown(value, 60)}; expected {words}.")


def holds_numbers(annotation: Any) -> bool:
    """Whether values of this annotation are numbers or hold some."""
    return annotation in (int, float) or any(map(holds_numbers, typing.get_args(annotation)))


def evaluated(annotation: Any, scope: dict[str, Any]) -> Any:
    """Returns a written annotation as an object; Any where its names are known to type checkers alone."""
    if annotation is inspect.Parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, scope)  # the annotations of our own and of registered functions, as typing does
    except NameError:
        return Any


@functools.cache
def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Annotations of the keyword-only parameters."""
    return {name: evaluated(parameter.annotation, function.__globals__)
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY}


def _plain(value: Any) -> Any:
    """NumPy's scalars and arrays, also those in a list, as Python's numbers and lists."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_callable(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    return getattr(origin, "__name__", "") == "Callable" or any(
        map(_is_callable, typing.get_args(annotation) if origin is not None else ()))
