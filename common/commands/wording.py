"""How a message names an option: as a command's flag, or as the Python argument that does the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_STATE = {"in_command": False}  # of the process: threads of a command speak as it does


@contextlib.contextmanager
def command_wording() -> Iterator[None]:
    """Messages made inside name flags; `run_command` wraps every command in it."""
    before, _STATE["in_command"] = _STATE["in_command"], True
    try:
        yield
    finally:
        _STATE["in_command"] = before


def in_command() -> bool:
    """Whether messages name flags now."""
    return _STATE["in_command"]


def option(name: str, value: str = "", python: str = "") -> str:
    """`--name value` for somebody at a terminal, `name=value` for somebody in Python.

    value: empty for a switch, whose Python argument is True.  python: what is said in Python if the names differ."""
    if in_command():
        return f"--{name} {value}".rstrip()
    return python or f"{name}={value or True}"


def bindings_option(binding: str) -> str:
    """How a gin binding is given, such as `mig.num_train = 1000`."""
    return option("gin_bindings", f'"{binding}"', python=f'bindings=["{binding}"]')
