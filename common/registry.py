"""Named parts: a decorator registers, a folder imports its members by scanning itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import gin

from .errors import UnknownNameError

Part = TypeVar("Part")


class Registry(Generic[Part]):
    """Parts by name; an unknown name is answered with the closest ones and the full list."""

    def __init__(self, kind: str):
        self.kind = kind
        self._parts: dict[str, Part] = {}

    def register(self, *names: str) -> Callable[[Part], Part]:
        """Decorator that registers a part under each of `names`.

        Raises ValueError when a name is taken."""

        def decorate(part: Part) -> Part:
            for name in names:
                if name in self._parts:
                    raise ValueError(f"The {self.kind} {name!r} is registered twice.")
                self._parts[name] = part
            return part

        return decorate

    def __getitem__(self, name: str) -> Part:
        """Raises UnknownNameError, with suggestions."""
        try:
            return self._parts[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.kind, name, self._parts) from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._parts))

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        return name in self._parts


def import_members(package: str) -> list[str]:
    """Imports every module of `package`, so that their decorators run; returns the modules' names.

    gin is locked while a configuration is in use, and would refuse what the modules register with it."""
    path = importlib.import_module(package).__path__
    names = [f"{package}.{module.name}" for module in pkgutil.iter_modules(path) if module.name != "__main__"]
    with gin.unlock_config():
        for name in names:
            importlib.import_module(name)
    return names
