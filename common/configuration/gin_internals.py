"""What unbraid uses of gin-config beyond its documented functions: its tables, its parser, the wording of its errors.

No other module touches them (tests/common/test_gin_internals.py); setup.py allows versions that they are tested with.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import gin
from gin.config_parser import BindingStatement, ConfigParser, IncludeStatement

from ..errors import UserError

Reference = gin.config.ConfigurableReference  # `@name`, `@name()` and, as a reference to gin.macro, `%name`
Parameters = dict[tuple[str, str], dict[str, Any]]  # values by parameter, by scope and configurable's full name

# How gin words what is wrong; each pattern's groups are the names in it.
UNKNOWN_NAME = re.compile(r"No configurable matching (?:reference )?'@?([^'()]+)")
UNKNOWN_PARAMETER = re.compile(r"[Cc]onfigurable '([^']+)' doesn't have a parameter named '([^']+)'")
MISSING_PARAMETERS = re.compile(r"Required bindings for `([^`]+)` not provided in config: \[(.*?)\]")
DENIED_PARAMETER = re.compile(r"Configurable '([^']+)' has denylisted kwarg '([^']+)'")
BAD_TOKEN = re.compile(r"Failed to parse token '(.*?)'")
NO_SUCH_FILE = re.compile(r"Unable to open file: (.*?)\. Searched", re.DOTALL)
IN_FILE = re.compile(r'In file "(.*?)", line (\d+)')
IN_BINDINGS = re.compile(r"In bindings string line (\d+)")
STACK = "\n  In "  # what a message goes on with where gin's decorators have passed it
IMPORTING_FUNCTION = "process_import"  # of gin, in tracebacks of what a gin file imports


def without_stack(error: UserError) -> UserError:
    """An error as it was raised: gin replaces it by a subclass whose text goes on with the decorators it passed."""
    if STACK not in str(error):
        return error
    kind = next(kind for kind in type(error).__mro__
                if "ExceptionProxy" not in getattr(vars(kind).get("__str__"), "__qualname__", ""))
    # A subclass, since the class itself may take other arguments than a text; UserError cuts off the stack.
    found: UserError = type(kind.__name__, (kind,), {"__init__": lambda made: UserError.__init__(made, error)})()
    return found.with_traceback(error.__traceback__)


def bindings() -> Parameters:
    """The bindings of the configuration in use, by scope and configurable: gin's own table."""
    table: Parameters = gin.config._CONFIG
    return table


def used_parameters() -> Parameters:
    """The parameters that calls have really used so far, by scope and configurable: gin's own table."""
    table: Parameters = gin.config._OPERATIVE_CONFIG
    return table


def imported_modules() -> set[str]:
    """Names of the modules that the gin files read so far import."""
    return {statement.module for statement in gin.config._IMPORTS}


def configurable_of(name: str) -> Any | None:
    """What is registered by a name, full or short: an object with `wrapped`, `selector`, `allowlist` and `denylist`."""
    return gin.config._REGISTRY.get_match(name)


def configurables() -> dict[str, Any]:
    """All that is registered, by full name."""
    return dict(gin.config._REGISTRY.items())


def forget(full_name: str) -> None:
    """Takes a configurable out of the registry, so that another of its name may be registered."""
    gin.config._REGISTRY.pop(full_name)


@contextlib.contextmanager
def other_registry(registry: Any) -> Iterator[None]:
    """Inside, gin knows the configurables of `registry`, see `empty_registry`, and no others."""
    saved, gin.config._REGISTRY = gin.config._REGISTRY, registry
    try:
        yield
    finally:
        gin.config._REGISTRY = saved


def empty_registry() -> Any:
    """A registry that knows nothing."""
    return type(gin.config._REGISTRY)()


def snapshot() -> tuple[Parameters, set[Any]]:
    """The bindings and imports in use, copied: what binding a parameter later does not change."""
    return {key: dict(values) for key, values in gin.config._CONFIG.items()}, set(gin.config._IMPORTS)


def put_in_use(saved: tuple[Parameters, set[Any]]) -> None:
    """Adds what `snapshot` gave to the configuration in use."""
    gin.config._CONFIG.update({key: dict(values) for key, values in saved[0].items()})
    gin.config._IMPORTS.update(saved[1])


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """The configuration in use is back as it was after the block; gin can be cleared, but not set aside."""
    states = (gin.config._CONFIG, gin.config._OPERATIVE_CONFIG, gin.config._IMPORTS, gin.config._SINGLETONS)
    saved = [state.copy() for state in states]
    try:
        yield
    finally:
        for state, content in zip(states, saved, strict=True):
            state.clear()
            state.update(content)


@contextlib.contextmanager
def files_opened_by(open_text: Callable[[str], Any]) -> Iterator[None]:
    """gin opens files on disk with `open_text`."""
    readers = gin.config._FILE_READERS
    saved = list(readers)
    readers[0] = (open_text, os.path.isfile)
    try:
        yield
    finally:
        readers[:] = saved


@contextlib.contextmanager
def looked_up_in(first: str, last: str) -> Iterator[None]:
    """Included files are looked up in the folder `first`, then where gin looks, then in `last`.

    gin has no way to take a search path back, and two folders may hold different files of one name."""
    prefixes = gin.config._LOCATION_PREFIXES
    saved = list(prefixes)
    prefixes[:] = [first, *saved, last]
    try:
        yield
    finally:
        prefixes[:] = saved


class Include(NamedTuple):
    """An include statement."""

    file: str


class Binding(NamedTuple):
    """A statement that binds a parameter.

    key: scope, full name of the configurable, parameter."""

    key: tuple[str, str, str]
    line: int


def statements(source: Any) -> Iterator[Include | Binding]:
    """What a gin text or open file says, in order; bindings of names that nothing has are left out."""
    for statement in ConfigParser(source, gin.config.ParserDelegate()):
        if isinstance(statement, IncludeStatement):
            yield Include(statement.filename)
        elif isinstance(statement, BindingStatement) and statement.arg_name and (
                found := configurable_of(statement.selector)):
            yield Binding((statement.scope or "", found.selector, statement.arg_name), statement.location.line_num)


def parameters_of(configurable: Any, names: Iterable[str]) -> list[str]:
    """Those of its parameters' names that gin may bind."""
    return [name for name in names if name not in (configurable.denylist or ())
            and (not configurable.allowlist or name in configurable.allowlist)]
