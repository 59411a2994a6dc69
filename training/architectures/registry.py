"""Networks by name, and the plain data from which a checkpoint rebuilds them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import gin
from torch import nn

from ...common.commands.wording import option
from ...common.errors import UserError
from ...common.registry import Registry, import_members

Network = TypeVar("Network", bound=type[nn.Module])
Description = dict[str, Any]

_ARCHITECTURES: Registry[type[nn.Module]] = Registry("architecture")
RUNTIME_ARGUMENTS = ["image_shape", "num_latent"]  # known from the data set and `encoder.num_latent`


def architecture(name: str) -> Callable[[Network], Network]:
    """Registers a network class under `name`, here and for gin as `@name`.

    Options of the class are gin parameters `name.option`.  What gin makes carries `description`."""

    def decorate(network: Network) -> Network:
        _ARCHITECTURES.register(name)(network)
        signature = inspect.signature(network)

        def make(**arguments: Any) -> nn.Module:
            return build({"name": name, "arguments": arguments})

        make.__signature__ = signature  # type: ignore[attr-defined]
        make.__name__, make.__doc__, make.__module__ = name, network.__doc__, network.__module__
        runtime = [argument for argument in RUNTIME_ARGUMENTS if argument in signature.parameters]
        gin.configurable(name, denylist=runtime)(make)
        return network

    return decorate


def build(description: Description) -> nn.Module:
    """The network of a description {"name": ..., "arguments": {...}}, freshly initialised.

    Raises UnknownNameError for an unknown name and UserError for arguments it does not take."""
    network_class = architectures()[description["name"]]
    try:
        arguments = inspect.signature(network_class).bind(**description["arguments"])
    except TypeError as error:
        raise UserError(f"The architecture {description['name']!r} cannot be built: {error}.") from error
    arguments.apply_defaults()
    network = network_class(**arguments.arguments)
    network.description = {"name": description["name"], "arguments": _plain(arguments.arguments)}  # type: ignore[assignment]
    return network


def architectures() -> Registry[type[nn.Module]]:
    """All architectures by name, every file of this folder imported."""
    import_members(__package__)
    return _ARCHITECTURES


def require_side(name: str, image_shape: Sequence[int], *sides: int) -> None:
    """Raises UserError unless images (C, H, W) are square with one of `sides`."""
    _, height, width = image_shape
    if height != width or height not in sides:
        expected = " or ".join(f"{side}x{side}" for side in sides)
        raise UserError(f"The architecture {name!r} takes {expected} images, but the data set's are {height}x{width}; "
                        f"add {option('gin_config', 'any_size')}, whose networks take any size, or bind "
                        "custom_data.resize.")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value
