"""The interface: exported representations, written, read and verified; networks rebuilt from checkpoints.

The package can be called: `unbraid.export(encoder, path, images=..., data=...)`.

Names are loaded when asked for, so that reading an ONNX file loads no torch and nothing here loads training code
unless a checkpoint is rebuilt."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from .callable_package import CallablePackage

if TYPE_CHECKING:  # what `__getattr__` gives, for type checkers and editors
    from .errors import ArtifactError as ArtifactError
    from .reading.artifact import Representation as Representation
    from .reading.artifact import load_representation as load_representation
    from .reading.decoder import load_decoder as load_decoder
    from .reading.posterior import load_posterior as load_posterior
    from .writing.exporter import export_representation as export_representation

_HOMES = {
    "export_representation": ".writing.exporter",
    "load_representation": ".reading.artifact",
    "load_posterior": ".reading.posterior",
    "Representation": ".reading.artifact",
    "load_decoder": ".reading.decoder",
    "ArtifactError": ".errors",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


sys.modules[__name__].__class__ = CallablePackage  # so that `unbraid.export(encoder, path, ...)` exports
