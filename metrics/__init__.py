"""Metrics as functions of arrays: `unbraid.metrics.mig(codes, factors)`, points in rows.

Each metric is a function of this package, imported when it is asked for; `catalogue` lists them, and
docs/metrics.md says what each rewards.  A function returns a `MetricResult`: scores by key, and matrices.

    >>> import numpy as np, unbraid
    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    >>> round(unbraid.metrics.mig(factors.astype(float), factors)["discrete_mig"], 4)
    1.0
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

_HOMES = {"MetricResult": ".result", "UndefinedScoreWarning": ".undefined", "split": ".inputs"}

if TYPE_CHECKING:
    from .inputs import split as split
    from .result import MetricResult as MetricResult
    from .undefined import UndefinedScoreWarning as UndefinedScoreWarning

    def __getattr__(name: str) -> Callable[..., MetricResult]: ...  # any other name is a metric
else:
    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(importlib.import_module(_HOMES[name], __name__), name)
        if name.startswith("__"):  # asked for by tools that inspect modules
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if importlib.util.find_spec(f"{__name__}.{name}"):
            return importlib.import_module(f"{__name__}.{name}")
        from ..common.errors import UnknownNameError
        from .catalogue import metric_function

        try:
            return metric_function(name)
        except UnknownNameError as error:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}: {error}") from None


def __dir__() -> list[str]:
    from .catalogue import names

    return sorted({*globals(), *_HOMES, *names()})
