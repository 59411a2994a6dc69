"""gin bindings, checked when they are read: each against its parameter's annotation and range."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gin

from ..checking.options import evaluated, holds_numbers
from ..checking.ranges import interval_of
from ..checking.values import ANY_NUMBER, fits, in_words
from ..commands.wording import bindings_option
from ..errors import ConfigurationError, shown
from . import gin_internals
from .gin_internals import Reference, configurable_of

UNKNOWN = Any  # what a reference gives where no annotation says it


def check_bindings(files: Sequence[Path], lines: Sequence[str]) -> None:
    """Checks every binding of the configuration that gin has read, used or not.

    files, lines: what was parsed, to say where a binding stands.  Raises ConfigurationError for the first that does not
    fit, naming it, its value, what was expected, and file and line."""
    for (scope, selector), parameters in gin_internals.bindings().items():
        if selector.startswith("gin."):
            continue
        for name, value in parameters.items():
            if expected := _expected(selector, name, _bound_to_macro(value)):
                binding = f"{scope}/{selector.split('.')[-1]}.{name}".removeprefix("/")
                given = shown(value) + (f", which is {shown(_bound_to_macro(value))}," if _is_macro(value) else "")
                where = _location((scope, selector, name), files, lines)
                raise ConfigurationError(f"{binding} is {given}{where}; expected {expected}.")


def require_parameters(function: Any) -> None:
    """Raises ConfigurationError where a function that gin refers to has a required parameter that nothing binds.

    gin itself says so when the function is called, which may be hours later."""
    if not isinstance(function, Reference):
        return
    selector, scopes = function.config_key[1], function.scopes
    bound = {name for depth in range(len(scopes) + 1)
             for name in gin_internals.bindings().get(("/".join(scopes[:depth]), selector), {})}
    at_run_time = function.configurable.denylist or ()
    missing = [f"{selector.split('.')[-1]}.{name}" for name, (_, default) in _parameters(selector).items()
               if default is gin.REQUIRED and name not in bound and name not in at_run_time]
    if missing:
        raise ConfigurationError(missing_parameters(missing))


def missing_parameters(names: Sequence[str]) -> str:
    """A sentence for required parameters, as NAME.PARAMETER, that nothing binds."""
    return (f"The gin parameter{'s' if len(names) > 1 else ''} {', '.join(names)} must be given: in a gin file, or "
            f"with {bindings_option(f'{names[0]} = ...')}.")


def _expected(selector: str, name: str, value: Any) -> str | None:
    """What was expected instead of a value that does not fit; None for one that does."""
    annotation, default = _parameters(selector).get(name, (Any, None))
    interval = interval_of(name)
    if fits(value, annotation, interval, _reference_fits) or _is_same(value, default):
        return None
    return in_words(annotation, interval if holds_numbers(annotation) else ANY_NUMBER)


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and not isinstance(value, Reference) and bool(value == default)


def _wrapped(selector: str) -> Any:
    """The class or function that is registered by this full name."""
    found = configurable_of(selector)
    assert found is not None, selector
    return found.wrapped


@functools.cache
def _parameters(selector: str) -> dict[str, tuple[Any, Any]]:
    """Annotation and default of each parameter of a configurable."""
    wrapped = _wrapped(selector)
    function = inspect.unwrap(wrapped.__init__ if inspect.isclass(wrapped) else wrapped)
    scope = getattr(function, "__globals__", {})
    return {name: (evaluated(parameter.annotation, scope), parameter.default)
            for name, parameter in inspect.signature(wrapped).parameters.items()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD}


def _reference_fits(value: Any, annotation: Any) -> bool | None:
    """Whether a gin reference, `@name`, `@name()` or `%name`, gives what is wanted; None for any other value."""
    if not isinstance(value, Reference):
        return None
    if _is_macro(value):
        return fits(_bound_to_macro(value), annotation, ANY_NUMBER, _reference_fits)
    if value.config_key[1].startswith("gin."):
        return True
    if value.evaluate:
        return _may_be(_result(value.config_key[1]), annotation)
    return _function_fits(value, annotation)


def _is_macro(value: Any) -> bool:
    return isinstance(value, Reference) and value.config_key[1] == "gin.macro"


def _bound_to_macro(value: Any) -> Any:
    """What `%name` stands for; any other value itself."""
    seen = []
    while _is_macro(value):
        name = "/".join(value.scopes)
        if name in seen:
            raise ConfigurationError(f"%{name} is bound to itself.")
        seen.append(name)
        bound = gin_internals.bindings().get((name, "gin.macro"), {})
        if "value" not in bound:
            raise ConfigurationError(f"%{name} is used, but nothing binds it; add a line '{name} = ...'.")
        value = bound["value"]
    return value


def _function_fits(value: Any, annotation: Any) -> bool:
    """Whether a function or class, handed over uncalled, is what an annotation wants."""
    wrapped = value.configurable.wrapped
    for choice in _choices(annotation):
        origin, arguments = typing.get_origin(choice), typing.get_args(choice)
        if choice in (Any, typing.Callable) or isinstance(choice, typing.TypeVar):
            return True
        if origin is type and inspect.isclass(wrapped):
            return True  # of which class, the code that is handed it knows
        if origin is not None and origin.__name__ == "Callable" and (
                len(arguments) < 2 or _may_be(_result(value.config_key[1]), arguments[-1])):
            return True
    return False


@functools.cache
def _result(selector: str) -> Any:
    """What calling a configurable gives: the class itself, or the annotation of what a function returns."""
    wrapped = _wrapped(selector)
    if inspect.isclass(wrapped):
        return wrapped
    function = inspect.unwrap(wrapped)
    return evaluated(inspect.signature(function).return_annotation, getattr(function, "__globals__", {}))


def _may_be(found: Any, wanted: Any) -> bool:
    """Whether a result annotated `found` may be `wanted`; only what surely is something else is refused."""
    return any(_may_be_one(one, other) for one in _choices(found) for other in _choices(wanted))


def _may_be_one(found: Any, wanted: Any) -> bool:
    if found is Any or wanted is Any:
        return True
    found, wanted = (typing.get_origin(each) or each for each in (found, wanted))
    if not (isinstance(found, type) and isinstance(wanted, type)) or _is_protocol(wanted):
        return True
    if _is_protocol(found):
        return all(hasattr(wanted, name) for name in vars(found) if not name.startswith("_"))
    if found is int and wanted is float:
        return True
    if wanted.__name__ == "Callable":
        return found.__name__ == "Callable" or "__call__" in dir(found)
    return issubclass(found, wanted) or issubclass(wanted, found)


def _is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def _choices(annotation: Any) -> tuple[Any, ...]:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _choices(typing.get_args(annotation)[0])
    if origin is typing.Union or type(annotation).__name__ == "UnionType":
        return tuple(choice for part in typing.get_args(annotation) for choice in _choices(part))
    return (type(None),) if annotation is None else (annotation,)


def _location(key: tuple[str, str, str], files: Sequence[Path], lines: Sequence[str]) -> str:
    """Where a binding stands, in brackets; the last one counts."""
    found = [place for path in files for place in _places(path, key)]
    for number, line in enumerate(lines, start=1):
        found += [f" (binding {number})" for statement in gin_internals.statements(line)
                  if isinstance(statement, gin_internals.Binding) and statement.key == key]
    return found[-1] if found else ""


def _places(path: Path, key: tuple[str, str, str]) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for statement in gin_internals.statements(file):
            if isinstance(statement, gin_internals.Include):
                beside = path.parent / statement.file
                yield from _places(beside, key) if beside.is_file() else ()
            elif statement.key == key:
                yield f" ({path}, line {statement.line})"
