"""Registration of adapters: a metric's protocol under its gin name, tied to the metric's declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import gin

from ...common.configuration.parsing import RUNTIME_ARGUMENTS
from ...metrics.declaration import Metric, declaration_of

Adapter = TypeVar("Adapter", bound=Callable[..., Any])
FIXED_DATA_ARGUMENTS = ("observations", "labels", "representation_function")

_DECLARATIONS: dict[str, Metric] = {}  # by gin name


def adapter(metric: Callable[..., Any], name: str | None = None,
            denylist: Sequence[str] = RUNTIME_ARGUMENTS) -> Callable[[Adapter], Adapter]:
    """Decorator that registers the protocol of a metric with gin, under the metric's own name unless given.

    denylist: arguments that gin may not set, since the protocol gives them."""
    declaration = declaration_of(metric.__name__)

    def register(function: Adapter) -> Adapter:
        gin_name = name or declaration.name
        _DECLARATIONS[gin_name] = function.__dict__["declaration"] = declaration  # gin's wrapper copies attributes
        return gin.configurable(gin_name, denylist=list(denylist))(function)

    return register


def declarations_by_gin_name() -> dict[str, Metric]:
    """The declarations of all adapters that have been imported."""
    return dict(_DECLARATIONS)


def declared(reference: object) -> Metric | None:
    """The declaration of a metric that gin chose: a reference, a configurable, or None.

    None for a metric of somebody else, which has none."""
    function = getattr(reference, "scoped_configurable_fn", reference)
    return getattr(function, "declaration", None)
