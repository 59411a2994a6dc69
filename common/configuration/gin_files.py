"""Reading gin files as people save them, and importing the modules they name.

Modules are found beside the gin file and in the working directory, after installed ones.
"""

from __future__ import annotations

import ast
import codecs
import contextlib
import functools
import importlib.abc
import io
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gin

from ..disk.reading import read_bytes
from ..errors import ConfigurationError
from .gin_internals import IMPORTING_FUNCTION, IN_FILE, files_opened_by, imported_modules

MOST_BYTES = 1 << 22  # of a gin file
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

finders: list[importlib.abc.MetaPathFinder] = []  # asked first for what an imported module imports
forgotten: list[str] = []  # packages that those finders stand in for; not kept in sys.modules


class GinText(io.StringIO):
    """The text of a gin file; gin takes the name for its messages."""

    name = ""


def open_text(path: str) -> GinText:
    """A gin file's text: UTF-8, or what its byte order mark says.  Raises ConfigurationError for another encoding."""
    data = read_bytes(path, "a gin configuration", MOST_BYTES)
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path} is not UTF-8 text: line {line} has the byte {data[error.start]:#04x}, as in "
                                 "Latin-1. Save it as UTF-8.") from error
    opened = GinText(text, newline=None)
    opened.name = path
    return opened


@contextlib.contextmanager
def reading(folders: list[Path]) -> Iterator[None]:
    """gin reads files with `open_text`, and imports modules from `folders` and the working directory."""
    path = list(sys.path)
    sys.path += [str(folder) for folder in [*folders, Path.cwd()]]
    try:
        with files_opened_by(open_text):
            yield
    finally:
        sys.path[:] = path


@contextlib.contextmanager
def importing(folder: Path) -> Iterator[None]:
    """Lets a gin file in `folder` import modules; raises ConfigurationError for one that cannot be imported."""
    sys.meta_path[:0] = finders
    known, configurable, imports = set(sys.modules), gin.configurable, imported_modules()
    gin.configurable = _with_former_names(configurable)
    try:
        yield
        refuse_namesakes(folder, imported_modules() - imports)
    except ConfigurationError:
        raise
    except Exception as error:
        if explanation := explain_import(error):
            raise ConfigurationError(explanation) from error
        raise
    finally:
        gin.configurable = configurable
        for finder in finders:
            sys.meta_path.remove(finder)
        for name in set(sys.modules) - known:
            if name.startswith(tuple(f"{package}." for package in forgotten)) or name in forgotten:
                del sys.modules[name]


def refuse_namesakes(folder: Path, names: set[str]) -> None:
    """Raises ConfigurationError when a module was imported from elsewhere although `folder` has one of its name."""
    for name in names:
        beside = folder / f"{name}.py"
        used = getattr(sys.modules.get(name), "__file__", None)
        if beside.is_file() and used and not os.path.samefile(used, beside):
            raise ConfigurationError(f"Two modules are called {name}: {beside} and {used}, which was imported. Rename "
                                     "one of them.")


def explain_import(error: Exception) -> str | None:
    """One sentence for an error while a module was imported; None for any other error."""
    frames = list(traceback.extract_tb(error.__traceback__))
    imported = next((number for number, frame in enumerate(frames) if frame.name == IMPORTING_FUNCTION), None)
    if imported is None:
        return None
    message = str(error).split("\n")[0]
    inside = [frame for frame in frames[imported + 1 :] if not _is_machinery(frame.filename)]
    if isinstance(error, SyntaxError) and error.filename and not error.filename.endswith(".gin"):
        return f"{error.filename}, line {error.lineno}, is not Python: {error.msg}."
    if not inside:
        name = message.removeprefix("No module named ")
        return (f"A gin config imports {name}{_location(str(error))}, which is neither beside it nor in the working "
                "directory, nor installed.")
    where = f"{inside[-1].filename}, line {inside[-1].lineno}"
    if isinstance(error, ModuleNotFoundError):
        name = message.removeprefix("No module named ").strip("'")
        return f"{where}, imports {name}, which is not installed{_hint(name)}."
    return f"{where}, cannot be imported: {type(error).__name__}: {message.rstrip('.')}."


def _with_former_names(configurable: Callable[..., Any]) -> Callable[..., Any]:
    """gin.configurable with the names its arguments had before gin 0.4, which disentanglement_lib's metrics use."""

    def accepts_former_names(*arguments: Any, **options: Any) -> Any:
        for former, name in (("blacklist", "denylist"), ("whitelist", "allowlist")):
            if former in options:
                options[name] = options.pop(former)
        return configurable(*arguments, **options)

    return accepts_former_names


def _hint(module: str) -> str:
    if module.partition(".")[0] == "tensorflow":
        return ("; unbraid has no TensorFlow, and a metric needs none: codes and factors are numpy arrays "
                "(docs/metrics.md)")
    return ""


def _is_machinery(filename: str) -> bool:
    return filename.startswith("<frozen importlib") or f"{os.sep}importlib{os.sep}" in filename \
        or f"{os.sep}gin{os.sep}" in filename


def _location(text: str) -> str:
    match = IN_FILE.search(text)
    return f" ({match[1]}, line {match[2]})" if match else ""


@functools.cache
def shipped_names(root: Path) -> frozenset[str]:
    """Configurables that the shipped files bind; a command skips those of other commands."""
    pattern = re.compile(r"^(?:[\w/]+/)?([\w.]+)\.\w+\s*=", re.MULTILINE)
    return frozenset(name for path in root.rglob("*.gin")
                     for name in pattern.findall(path.read_text(encoding="utf-8")))


def with_quotes(line: str) -> str | None:
    """The binding with its value in quotes, where the value looks like an unquoted text; else None."""
    match = re.match(r"\s*([\w./]+)\s*=\s*([^\s'\"@%\[({#][^'\"\[\](){}#]*?)\s*(#.*)?$", line)
    if match is None or _is_literal(match[2]):
        return None
    return f"{match[1]} = '{match[2]}'"


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True

