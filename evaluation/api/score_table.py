"""Scores of several metrics as a table that prints, plots and turns into a data frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.commands.command_line import format_table
from ...metrics.declaration import Matrix, Metric, matches
from ...metrics.result import MetricResult
from ..reporting.declared.headlines import format_score

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ("metric", "key", "score", "better")


@dataclass(frozen=True, repr=False, eq=False)
class ScoreTable(Mapping[str, MetricResult]):
    """Results by metric.

    declarations: of the metrics; one that has none shows all of its numbers.  factor_names, code_names: for the axes
    of matrices; numbers where there are none.  unscored: the reason for each metric without a result."""

    results: Mapping[str, MetricResult]
    declarations: Mapping[str, Metric | None]
    factor_names: Sequence[str] = ()
    code_names: Sequence[str] = ()
    unscored: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, metric: str) -> MetricResult:
        return self.results[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def matrices(self) -> dict[str, dict[str, np.ndarray]]:
        """The matrices behind the scores, (num_codes, num_factors), by metric and name."""
        return {name: dict(result.matrices) for name, result in self.results.items() if result.matrices}

    @property
    def headlines(self) -> dict[str, float]:
        """The scores that each metric is quoted by, as "METRIC/KEY", such as "mig/discrete_mig"."""
        return {f"{name}/{key}": value for name, key, value, _ in self._headlines()}

    def to_frame(self) -> pd.DataFrame:
        """All numbers as a data frame: one row per metric and key, and which way each is better."""
        import pandas as pd

        rows = [(name, key, float(value), self._better(name, key)) for name, result in self.results.items()
                for key, value in result.items() if isinstance(value, (int, float))]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def bibtex(self) -> str:
        """BibTeX entries of the papers that the metrics come from."""
        from ..reporting.citing.bibliography import bibtex_of_metrics

        return bibtex_of_metrics(self.declarations.values())

    def plot(self, metric: str | None = None) -> Figure:
        """A matplotlib figure with a heat map of every matrix, or of one metric's.  Raises KeyError for an unknown."""
        from .notebook_figure import NotebookFigure

        shown = {name: found for name, found in self.matrices.items() if metric in (None, name)}
        if not shown:
            raise KeyError(f"{metric!r} has no matrices; there are those of {', '.join(self.matrices) or 'none'}.")
        panels = [(name, key, matrix) for name, found in shown.items() for key, matrix in found.items()]
        figure = NotebookFigure(figsize=(4.5 * len(panels), 4), layout="constrained")
        for axes, (name, key, matrix) in zip(np.ravel(figure.subplots(1, len(panels))), panels, strict=True):
            _draw(axes, matrix, self._declared(name, key), self.factor_names, self.code_names)
        return figure

    def __repr__(self) -> str:
        """The scores that each metric is quoted by."""
        rows = [[name, key, format_score(value), better] for name, key, value, better in self._headlines()]
        return "\n".join([format_table(list(COLUMNS), rows), *(f"{name}: {reason}"
                                                               for name, reason in self.unscored.items())])

    def _repr_html_(self) -> str:
        """The same as an HTML table, for notebooks."""
        heads = "".join(f"<th>{column}</th>" for column in COLUMNS)
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(key)}</td><td>{format_score(value)}</td>"
                       f"<td>{better}</td></tr>" for name, key, value, better in self._headlines())
        unscored = "".join(f"<p>{escape(name)}: {escape(reason)}</p>" for name, reason in self.unscored.items())
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{unscored}"

    def _headlines(self) -> Iterator[tuple[str, str, float, str]]:
        for name, result in self.results.items():
            declaration = self.declarations.get(name)
            patterns = list(dict.fromkeys(score.key for score in declaration.scores)) if declaration else ["{key}"]
            for key, value in result.items():
                if isinstance(value, (int, float)) and any(matches(pattern, key) for pattern in patterns):
                    yield name, key, float(value), self._better(name, key)

    def _better(self, name: str, key: str) -> str:
        declaration = self.declarations.get(name)
        found = [better for pattern, better in declaration.keys.items() if matches(pattern, key)] if declaration else []
        return found[0] or "" if found else ""

    def _declared(self, name: str, key: str) -> Matrix:
        declaration = self.declarations.get(name)
        found = [matrix for matrix in declaration.matrices if matrix.name == key] if declaration else []
        return found[0] if found else Matrix(key, key.replace("_", " "), "value", "")


def _draw(axes: Any, matrix: np.ndarray, declared: Matrix, factor_names: Sequence[str],
          code_names: Sequence[str]) -> None:
    """One matrix, its axes named as far as the names fit."""
    axes.figure.colorbar(axes.imshow(matrix, aspect="auto", cmap="viridis"), ax=axes, label=declared.unit)
    axes.set_title(declared.title)
    for kind, size, set_label, set_ticks in ((declared.columns, matrix.shape[1], axes.set_xlabel, axes.set_xticks),
                                             (declared.rows, matrix.shape[0], axes.set_ylabel, axes.set_yticks)):
        names = factor_names if kind == "factor" else code_names
        set_label(kind)
        set_ticks(range(size), list(names) if len(names) == size else [str(place) for place in range(size)])
