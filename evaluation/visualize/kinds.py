"""The kinds of pictures by name; each file in this folder registers its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...common.registry import Registry, import_members
from .model import Model
from .shared.drawing import Drawing
from .shared.options import Options

Draw = Callable[[Model, Options], Iterator[Drawing]]
_KINDS: Registry[Draw] = Registry("kind of picture")


def kind(name: str) -> Callable[[Draw], Draw]:
    """Registers a function that draws under the name that the command takes."""
    return _KINDS.register(name)


def kinds() -> Registry[Draw]:
    """Returns all kinds by name, after importing every file of this folder."""
    import_members(__package__)
    return _KINDS
