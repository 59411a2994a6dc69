"""Checkpoint sources by name, and which of them a state dict belongs to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol, TypeVar

from ...common.commands.wording import option
from ...common.registry import Registry, import_members
from ..errors import ArtifactError
from .filling import Imported
from .state import State


class Source(Protocol):
    """What one file of this folder registers."""

    project: str
    """Where the checkpoints come from, for people."""
    normalises: bool
    """Whether the project's own configurations feed (x - mean) / std instead of images in [0, 1]."""

    def matches(self, keys: Collection[str]) -> bool:
        """Whether a state dict with these keys is this source's."""

    def convert(self, state: State) -> Imported:
        """Our networks with the tensors of `state`.  Pure; raises KeyMismatchError with all that does not fit."""

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        """Compares what lies beside the weights with them, and adds what only it knows.

        Raises ArtifactError where they differ."""


class BaseSource:
    """A source with nothing beside its weights, whose networks take images in [0, 1]."""

    project = ""
    normalises = False

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        del folder
        return imported


SourceClass = TypeVar("SourceClass", bound=type)
_SOURCES: Registry[Source] = Registry("checkpoint format")


def source(name: str) -> Callable[[SourceClass], SourceClass]:
    """Registers a source class under the name that `--format` takes."""

    def decorate(source_class: SourceClass) -> SourceClass:
        _SOURCES.register(name)(source_class())
        return source_class

    return decorate


def sources() -> Registry[Source]:
    """All sources by name, every file of this folder imported."""
    import_members(__package__)
    return _SOURCES


def sources_of(keys: Collection[str]) -> list[str]:
    """The names of the sources that state dicts with these keys may be of."""
    known = sources()
    return [name for name in known if known[name].matches(keys)]


def source_of(state: State, name: str | None = None) -> str:
    """The name of the source of a state dict, found by its keys unless `name` says it.

    Raises UnknownNameError for a wrong name, ArtifactError with the keys when no source or several match."""
    known = sources()
    if name is not None:
        known[name]
        return name
    found = sources_of(state.tensors.keys())
    if len(found) == 1:
        return found[0]
    keys = list(state.tensors)
    shown = ", ".join(keys[:6]) + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")
    if found:
        raise ArtifactError(f"{state.path} could be a checkpoint of {' or '.join(found)}; say which with "
                            f"{option('format', 'NAME', 'source=NAME')}.")
    raise ArtifactError(f"{state.path} belongs to no project that unbraid knows ({', '.join(known)}). Its keys are: "
                        f"{shown}. Name the project with {option('format', 'NAME', 'source=NAME')}, give the network "
                        f"with {option('module', 'package.module:Class')}, or write an importer as "
                        "docs/checkpoints.md shows.")
