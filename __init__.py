"""unbraid: train, export and score disentangled representations.

Names are loaded when they are asked for, so importing unbraid takes a few milliseconds:

    unbraid.score(codes, factors)            scores of arrays
    unbraid.metrics.mig(codes, factors)      one metric, as in scikit-learn
    unbraid.evaluate(encoder, data=...)      the whole protocol on a model
    unbraid.Scorer(data=..., metrics=[...])  scores inside a training loop
    unbraid.export(encoder, folder, ...)     TorchScript, ONNX and torch.export files
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .evaluation.api.evaluating import evaluate as evaluate
    from .evaluation.api.scorer import Scorer as Scorer
    from .evaluation.api.scoring import score as score
    from .export.callable_package import CallablePackage

    export: CallablePackage

__version__ = "0.1.0"

_HOMES = {"score": ".evaluation.api.scoring", "evaluate": ".evaluation.api.evaluating",
          "Scorer": ".evaluation.api.scorer"}
_PACKAGES = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "integrations")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:  # `export` is a package that can be called
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PACKAGES})
