"""gin at the edge: parse once per run, name what is wrong, write down what was used, clear afterwards.

Published configs of disentanglement_lib and JL1-VAE run unchanged, so their names are our interface.
"""

from __future__ import annotations

import ast
import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import gin

from . import gin_internals
from .bindings import check_bindings
from .config_names import CONFIG_ROOT, find_config
from .gin_errors import explained
from .gin_files import importing, open_text, reading, shipped_names
from .gin_internals import Parameters

ALWAYS_RECORDED: dict[str, str] = {}  # configurable to its parameter that is a path, see always_record
RUNTIME_ARGUMENTS = ["ground_truth_data", "representation_function", "random_state", "artifact_dir"]


class Configuration:
    """A gin configuration that is parsed once and can be put in use again and again."""

    def __init__(self, config_files: Sequence[str | Path] = (), bindings: Sequence[str] = (),
                 skip_unknown: bool = False):
        """Parses gin files, then bindings, which win.

        Includes are looked up beside the file that is parsed, then in the working directory, then among the shipped
        configs; modules that a file imports, beside it and in the working directory.  Bindings of shipped names that
        belong to other commands are skipped, with `skip_unknown` those of any unknown name.  Raises ConfigurationError
        for what cannot be parsed, and for values of the wrong type or out of range."""
        files = [find_config(str(config_file)).resolve() for config_file in config_files]
        lines = [line for binding in bindings for line in binding.splitlines()]
        self._folders = [file.parent for file in files]
        with _cleared(), reading(self._folders):
            with explained(while_reading=True), _silent():
                _parse(files, lines, skip_unknown)
                check_bindings(files, lines)
                gin.finalize()
            self._parsed = gin_internals.snapshot()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Puts the configuration in use, and clears gin when the block ends, whatever happens.

        Blocks nest: a configuration around this one plays no part in it, and is back as it was when it ends.  gin's
        complaint about a missing parameter inside the block becomes a ConfigurationError."""
        with _cleared(), reading(self._folders), explained():
            gin_internals.put_in_use(self._parsed)
            gin.finalize()
            yield


def config_sources(config_files: Sequence[str | Path]) -> list[Path]:
    """The files that a configuration is read from: the given ones and those that they include, each once."""
    found: dict[Path, None] = {}
    waiting = [find_config(str(config_file)).resolve() for config_file in reversed(config_files)]
    while waiting:
        path = waiting.pop()
        if path not in found:  # a file may include itself, which gin refuses later
            found[path] = None
            names = re.findall(r"""^include\s+['"](.+?)['"]""", open_text(str(path)).read(), flags=re.MULTILINE)
            waiting += [included.resolve() for name in reversed(names) if (included := _included(name, path.parent))]
    return list(found)


def _included(name: str, folder: Path) -> Path | None:
    """The file that a gin file in `folder` means by a name; None where there is none."""
    return next((place / name for place in (folder, Path(), CONFIG_ROOT) if (place / name).is_file()), None)


@contextlib.contextmanager
def configured(config_files: Sequence[str | Path] = (), bindings: Sequence[str] = (),
               skip_unknown: bool = False) -> Iterator[None]:
    """Puts gin files and bindings in use for a block, see `Configuration`."""
    with Configuration(config_files, bindings, skip_unknown).in_use():
        yield


def bind(name: str, value: object) -> None:
    """Binds one parameter of a configuration that is already in use."""
    with gin.unlock_config():
        gin.bind_parameter(name, value)


def always_record(configurable: str, path: str) -> None:
    """Records the bindings of a configurable also where what it makes was made before, under the same bindings.

    path: name of its parameter that is recorded as an absolute path, so that it can be used from any folder."""
    ALWAYS_RECORDED[configurable] = f"{configurable}.{path}"


def bound(name: str, default: object = None) -> object:
    """The value bound to a parameter, that of a macro evaluated, or `default`."""
    try:
        value = gin.query_parameter(name)
    except ValueError:
        return default
    is_macro = getattr(value, "selector", "") == "gin.macro"
    return value.scoped_configurable_fn() if is_macro else value


def bindings_in_use() -> dict[str, str]:
    """All bindings of the configuration in use, needed or not, values as gin text; `import` statements are left out."""
    return config_values(gin.config_str(max_line_length=1_000_000, continuation_indent=0))


def imports_in_use() -> list[str]:
    """Names of the modules that the configuration in use imports."""
    found = re.findall(r"^(?:from ([\w.]+) )?import ([\w.]+)", gin.config_str(), flags=re.MULTILINE)
    return [".".join(filter(None, names)) for names in found]


def operative_config() -> str:
    """What was really used, one `name = value` a line: never wrapped, so that line-by-line readers get whole values."""
    text = gin.operative_config_str(max_line_length=1_000_000, continuation_indent=0)
    recorded, in_use = config_values(text), bindings_in_use()
    for configurable, path in ALWAYS_RECORDED.items():
        lines = [f"{name} = {value}" for name, value in in_use.items()
                 if name.startswith(f"{configurable}.") and name not in recorded]
        text = "\n".join([text.rstrip("\n"), *lines, ""]) if lines else text
        binding = rf"^{re.escape(path)} = ('.*'|\".*\")$"
        text = re.sub(binding, lambda match: _absolute(match[0]), text, flags=re.MULTILINE)
    return re.sub(r"^# =+$", "# " + "=" * 78, text, flags=re.MULTILINE)  # gin rules its headings to the line's end


def parameters_used() -> Parameters:
    """The parameters in `operative_config` so far, by configurable."""
    return {configurable: dict(values) for configurable, values in gin_internals.used_parameters().items()}


def note_used(parameters: Parameters) -> None:
    """Adds parameters to `operative_config`: of what an earlier configuration made and this one uses again."""
    for configurable, values in parameters.items():
        gin_internals.used_parameters().setdefault(configurable, {}).update(values)


def config_values(text: str) -> dict[str, str]:
    """`name = value` lines of a gin text as strings, the way disentanglement_lib's `gin_dict` reads them.

    The text is never executed."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    pairs = (line.split(" = ", 1) for line in lines if " = " in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _absolute(line: str) -> str:
    name, text = line.split(" = ", 1)
    return f"{name} = {str(Path(ast.literal_eval(text)).expanduser().absolute())!r}"


def _parse(files: Sequence[Path], lines: Sequence[str], skip_unknown: bool) -> None:
    """Parses everything, a second time without other commands' bindings where there are some."""
    for others in ([True] if skip_unknown else [[], sorted(shipped_names(CONFIG_ROOT))]):
        gin.clear_config()
        try:
            for file in files:
                _parse_file(file, others)
            with importing(Path.cwd()):
                gin.parse_config(lines, skip_unknown=others)
            return
        except ValueError as error:
            unknown = gin_internals.UNKNOWN_NAME.search(str(error))
            if others or unknown is None or unknown[1].split("/")[-1] not in shipped_names(CONFIG_ROOT):
                raise


def _parse_file(path: Path, skipped: bool | Sequence[str]) -> None:
    with gin_internals.looked_up_in(str(path.parent), str(CONFIG_ROOT)), importing(path.parent):
        gin.parse_config_file(str(path), skip_unknown=skipped)


@contextlib.contextmanager
def _cleared() -> Iterator[None]:
    """An empty, unlocked configuration for a block; the one around it is back afterwards."""
    # finalize locks gin; leaving gives back the state before, so users can register on
    with gin.unlock_config(), gin_internals.set_aside():
        gin.clear_config()
        try:
            yield
        finally:
            gin.clear_config()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """No logging: gin logs an error for each place where an include is not."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)
