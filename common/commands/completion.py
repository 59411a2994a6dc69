"""Completion of commands in a shell, by argcomplete: options, shipped configurations, presets, and files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from ..configuration.config_names import CONFIG_ROOT


def complete(parser: argparse.ArgumentParser) -> None:
    """Answers the shell's request for completions and ends the process; does nothing without argcomplete."""
    try:
        import argcomplete
    except ImportError:
        return
    files = argcomplete.completers.FilesCompleter()
    for action in parser._actions:
        names = COMPLETERS.get(action.dest)
        if names is not None:
            action.completer = _names_and_files(names, files)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)


def _configurations() -> list[str]:
    return sorted(path.stem for path in CONFIG_ROOT.rglob("*.gin"))


def _presets() -> list[str]:
    return sorted(path.stem for path in (CONFIG_ROOT / "presets").glob("*.gin"))


# What options take besides files, by the name of their value.
COMPLETERS: dict[str, Callable[[], list[str]]] = {"gin_config": _configurations, "preset": _presets, "list": _presets}


def _names_and_files(names: Callable[[], list[str]], files: Callable[..., Iterable[str]]) -> Callable[..., list[str]]:
    def completions(prefix: str, **details: Any) -> list[str]:
        return [name for name in names() if name.startswith(prefix)] + list(files(prefix, **details))

    return completions
