"""All metrics by name: found by scanning the folder `scores`, imported when asked for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ..common.configuration.config_names import plain_name
from ..common.errors import UnknownNameError
from .declaration import Metric, declaration_of, function_of


def names() -> list[str]:
    """Names of all metrics: one file each."""
    folder = Path(__file__).parent / "scores"
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]))


def metric_function(name: str) -> Callable[..., Any]:
    """The function of a metric, by its name or an alias.  Raises UnknownNameError."""
    return function_of(declaration(name).name)


def declaration(name: str) -> Metric:
    """The declaration of a metric, by its name or an alias; capitals and hyphens make no difference.

    Raises UnknownNameError."""
    plain = plain_name(name)
    if plain in names():
        importlib.import_module(f"{__package__}.scores.{plain}")
        return declaration_of(plain)
    found = [metric for metric in declarations().values() if plain in metric.aliases]
    if not found:
        raise UnknownNameError("metric", name, names())
    return found[0]


@cache
def declarations() -> dict[str, Metric]:
    """All declarations by name; imports every metric."""
    return {name: declaration(name) for name in names()}
