"""Figures of groups of models: local scores by radius, violins of any score, and one score against another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....common.errors import UserError
from ...visualize.shared.axes_charts import new_figure
from ..reading.scores import Model
from .columns import Column, cell_of, labels_of
from .grouping import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RADIUS = "local_sample_factors.locality_proportion"
SUFFIXES = (".svg", ".pdf", ".png")  # vector graphics first
PANELS_PER_ROW = 3
SMALLEST_VIOLIN = 3  # with fewer values a violin shows nothing that the points do not show


def check_figure(path: Path) -> None:
    """Raises UserError for a file of a kind that cannot be drawn."""
    if path.suffix not in SUFFIXES:
        raise UserError(f"{path} is no figure that can be written; expected a name ending in {', '.join(SUFFIXES)}.")


def groups_figure(groups: Sequence[Group], columns: Sequence[Column]) -> Figure:
    """One panel for each local metric (score by radius) and one for each other column (violins and points)."""
    local = local_families(groups, columns)
    single = [column for column in columns if not any(column in family.values() for family in local.values())]
    num_panels = len(local) + len(single)
    num_rows = math.ceil(num_panels / PANELS_PER_ROW)
    width = min(num_panels, PANELS_PER_ROW)
    figure = new_figure(4.2 * width, 3.4 * num_rows + 0.25 * len(groups))
    axes = figure.subplots(num_rows, width, squeeze=False).ravel()
    for panel, (name, family) in zip(axes, local.items(), strict=False):
        _by_radius(panel, name, groups, family)
    for panel, column, label in zip(axes[len(local):], single, labels_of(single), strict=False):
        _violins(panel, label, groups, column)
    for panel in axes[num_panels:]:
        panel.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(groups), 3), frameon=False)
    return figure


def scatter_figure(groups: Sequence[Group], x_column: Column, y_column: Column) -> Figure:
    """Each model as a point: one score against another, with Spearman's rank correlation over all models."""
    from scipy.stats import spearmanr

    figure = new_figure(5, 4.2)
    axes = figure.add_subplot()
    points = []
    for number, group in enumerate(groups):
        pairs = np.array([(x.mean, y.mean) for model in group.models
                          if (x := cell_of(model, x_column)) and (y := cell_of(model, y_column))]).reshape(-1, 2)
        axes.plot(*pairs.T, "o", color=f"C{number}", label=group.label, alpha=0.8)
        points.append(pairs)
    every = np.concatenate(points)
    if not len(every):
        raise UserError(f"No model has both {x_column.metric} and {y_column.metric}; score them with both.")
    axes.set_xlabel(f"{x_column.metric}: {x_column.key}")
    axes.set_ylabel(f"{y_column.metric}: {y_column.key}")
    correlation = f", Spearman's rank correlation {spearmanr(*every.T)[0]:.2f}" if len(every) > 2 else ""
    axes.set_title(f"{len(every)} models{correlation}", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    return figure


def local_families(groups: Sequence[Group], columns: Sequence[Column]) -> dict[str, dict[float, Column]]:
    """Columns of one local metric by radius, for metrics with more than one; such as "local_mig"."""
    families: dict[str, dict[float, Column]] = {}
    for column in columns:
        radius = _radius(column, [model for group in groups for model in group.models])
        if radius is not None:
            name = f"{re.sub(r'_[0-9]_[0-9]+$', '', column.metric)} on {column.data_set}"
            families.setdefault(name, {})[radius] = column
    return {name: dict(sorted(family.items())) for name, family in families.items() if len(family) > 1}


def _radius(column: Column, models: Sequence[Model]) -> float | None:
    """The radius of a local score, as a share of each factor's range; None for a global score."""
    for result in (result for model in models for result in model.results):
        if column.holds(result):
            recorded = result.settings.get(RADIUS)
            return None if recorded is None else float(recorded)
    return None


def _by_radius(axes: Axes, name: str, groups: Sequence[Group], family: Mapping[float, Column]) -> None:
    """Mean and standard deviation over models as a line with bars, and each model as a faint point."""
    for number, group in enumerate(groups):
        values = {radius: scores for radius, column in family.items() if len(scores := _values(group, column))}
        means = [np.mean(scores) for scores in values.values()]
        spread = [np.std(scores, ddof=1) if len(scores) > 1 else 0.0 for scores in values.values()]
        num = max(map(len, values.values()), default=0)
        axes.errorbar(list(values), means, yerr=spread, color=f"C{number}", marker="o", capsize=3,
                      label=f"{group.label} (n = {num})")
        for radius, scores in values.items():
            axes.plot([radius] * len(scores), scores, ".", color=f"C{number}", alpha=0.45)
    axes.set_title(name, fontsize=9)
    axes.set_xlabel("radius (share of each factor's range)")
    axes.set_ylabel("score (mean and standard deviation)")


def _violins(axes: Axes, label: str, groups: Sequence[Group], column: Column) -> None:
    """The distribution over models of each group, with every model as a point and the mean as a bar."""
    for number, group in enumerate(groups):
        scores = _values(group, column)
        if len(scores) >= SMALLEST_VIOLIN and np.ptp(scores) > 0:
            body = axes.violinplot([scores], [number], showextrema=False, widths=0.8)["bodies"][0]  # type: ignore[index]
            body.set_facecolor(f"C{number}")
        axes.plot([number] * len(scores), scores, ".", color=f"C{number}",
                  label=f"{group.label} (n = {len(scores)})")
        if len(scores):
            axes.hlines(np.mean(scores), number - 0.25, number + 0.25, color=f"C{number}")
    axes.set_title(label + (" (lower is better)" if column.lower_is_better else ""), fontsize=9)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_xticks([])


def _values(group: Group, column: Column) -> np.ndarray:
    """Scores of a group's models in a column, one per model, those that could not be computed left out."""
    cells = [cell for model in group.models if (cell := cell_of(model, column))]
    return np.array([cell.mean for cell in cells if not math.isnan(cell.mean)])
