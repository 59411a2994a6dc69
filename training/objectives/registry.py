"""Methods by name; each file in this folder registers its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gin

from ...common.registry import Registry, import_members
from .objective import VAEObjective

Method = TypeVar("Method", bound=type[VAEObjective])

_METHODS: Registry[type[VAEObjective]] = Registry("method")


def method(name: str) -> Callable[[Method], Method]:
    """Registers an objective under `name`, here and for gin as `@name()`; its arguments are gin parameters."""

    def decorate(objective: Method) -> Method:
        objective.method = name
        _METHODS.register(name)(objective)
        return gin.configurable(name)(objective)

    return decorate


def methods() -> Registry[type[VAEObjective]]:
    """All methods by name, every file of this folder imported."""
    import_members(__package__)
    return _METHODS
