"""What a metric returns: its scores under disentanglement_lib's keys, and the matrices they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np


@dataclass(frozen=True, repr=False, eq=False)
class MetricResult(Mapping[str, Any]):
    """A mapping from result keys to scores, with the matrices behind them.

    scores: numbers by key; metrics that average over clusters or factors also give lists of numbers.
    matrices: (num_codes, num_factors) arrays by name, as the metric's declaration describes them."""

    scores: Mapping[str, Any]
    matrices: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.scores[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        """A table with one row per key, and the shapes of the matrices."""
        width = max(map(len, self.scores), default=0)
        rows = [f"{key.ljust(width)}  {_text(value)}" for key, value in self.scores.items()]
        shapes = [f"{name}: matrix {matrix.shape}" for name, matrix in self.matrices.items()]
        return "\n".join(rows + shapes)

    def _repr_html_(self) -> str:
        """The same as an HTML table, for notebooks."""
        rows = [(key, _text(value)) for key, value in self.scores.items()]
        rows += [(name, f"matrix {matrix.shape}") for name, matrix in self.matrices.items()]
        cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in rows)
        return f"<table><thead><tr><th>key</th><th>value</th></tr></thead><tbody>{cells}</tbody></table>"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{len(value)} values" if isinstance(value, list) else str(value)
