"""Several models side by side: scores by hyperparameter, scores by locality, rank correlation between scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....metrics.declaration_lookup import local_titles
from ...protocol.repeats import interval
from ..charts.heat_maps import HeatMap, heat_map
from ..charts.line_charts import Chart, Series, line_chart, point_chart, violin_chart
from ..comparing.columns import PRESET, Column, cell_of, differing, labels_of
from ..comparing.grouping import groups_of, varying_bindings
from ..reading.scores import Model, Result

Curve = dict[float, tuple[float, list[float]]]  # locality to score and those of the centres

LOCALITY = "local_sample_factors.locality_proportion"
MOST_GROUPS = 16  # that a chart can tell apart
MIN_MODELS = 3  # fewer have no ranks to speak of


def hyperparameter_charts(models: Sequence[Model], columns: Sequence[Column]) -> list[Chart]:
    """Each score against each training binding that differs among models of one data set; one series a method."""
    charts = []
    for name in varying_bindings(models, lambda model: model.data_set):
        for column, label in zip(columns, labels_of(columns, titles=True), strict=True):
            points = [(model, cell.mean) for model in models if name in model.first.hyperparameters
                      if (cell := cell_of(model, column)) and math.isfinite(cell.mean)]
            if len({model.first.hyperparameters[name] for model, _ in points}) > 1:
                charts.append(_hyperparameter_chart(name, label, points))
    return charts


def group_charts(models: Sequence[Model], columns: Sequence[Column]) -> list[Chart]:
    """Each score by groups of models, seeds apart, where there are several groups and one has several models."""
    charts = []
    for column, label in zip(columns, labels_of(columns, titles=True), strict=True):
        groups = [(group.label, values) for group in groups_of(models) if (values := [
            cell.mean for model in group.models if (cell := cell_of(model, column)) and math.isfinite(cell.mean)])]
        if 1 < len(groups) <= MOST_GROUPS and max(len(values) for _, values in groups) > 1:
            note = "Lower is better. " * column.lower_is_better + "One mark per model; bars: 95 % interval of the mean."
            charts.append(violin_chart(label, groups, label, note))
    return charts


def locality_charts(models: Sequence[Model]) -> list[Chart]:
    """Local scores against locality, one line a model and one chart a metric, key and data set.

    Bars: 95 % intervals of the mean over the centres (after JL1-VAE, arXiv:2106.02923)."""
    local: dict[tuple[str, str, str], list[tuple[str, Result]]] = {}
    for model in models:
        for result in model.results:
            function = result.settings.get("evaluation.evaluation_fn", "").removeprefix("@")
            if function in local_titles() and LOCALITY in result.settings and result.headline[1] is not None:
                local.setdefault((function, result.headline[0], model.data_set), []).append((model.name, result))
    curves = {key: _curves(of_key) for key, of_key in local.items()}
    return [_locality_chart(local_titles()[function], key, data_set, of_models)
            for (function, key, data_set), of_models in curves.items()
            if any(len(points) > 1 for points in of_models.values())]


def _curves(results: Sequence[tuple[str, Result]]) -> dict[str, Curve]:
    """Points of each model, and of each of the other settings where these differ."""
    names = [name for name in differing(result.settings for _, result in results) if name not in (LOCALITY, PRESET)]
    curves: dict[str, Curve] = {}
    for model, result in results:
        settings = [f"{name} = {result.settings[name]}" for name in names if name in result.settings]
        samples: Sequence[float] = next((value for key, value in result.row.items() if key.endswith("_samples")), [])
        point = (float(result.headline[1] or 0.0), list(samples))
        curves.setdefault(", ".join([model, *settings]), {}).setdefault(float(result.settings[LOCALITY]), point)
    return curves


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's coefficients between scores of the models of a data set."""

    data_set: str
    num_models: int
    map: HeatMap


def rank_correlations(models: Sequence[Model], columns: Sequence[Column]) -> list[RankCorrelation]:
    """For each data set with enough models (Locatello et al. 2019, fig. 2); pairs without enough models are gaps."""
    found = []
    for data_set in sorted({column.data_set for column in columns}):
        of_set = [column for column in columns if column.data_set == data_set]
        scored = [model for model in models if model.data_set == data_set]
        if len(scored) >= MIN_MODELS and len(of_set) > 1:
            names = labels_of(of_set, titles=True)
            matrix = spearman([[_mean(model, column) for model in scored] for column in of_set])
            note = f"Over {len(scored)} models; a score where low is better counts as it is."
            heat = heat_map(matrix, f"Rank correlation of scores on {data_set}", "Spearman's rho", "score", "score",
                            names, names, note, limits=(-1.0, 1.0))
            found.append(RankCorrelation(data_set, len(scored), heat))
    return found


def spearman(scores: Sequence[Sequence[float]]) -> np.ndarray:
    """(num_scores, num_scores) coefficients of (num_scores, num_models) values, over the models that have both.

    NaN with fewer than three such models, or where one score is the same for all."""
    from scipy.stats import rankdata

    values = np.array(scores, dtype=float)
    matrix = np.full((len(values), len(values)), np.nan)
    for first, second in np.ndindex(matrix.shape):
        both = np.isfinite(values[[first, second]]).all(axis=0)
        ranks = [rankdata(values[place, both]) for place in (first, second)]
        if both.sum() >= MIN_MODELS and all(np.ptp(of_score) > 0 for of_score in ranks):
            matrix[first, second] = np.corrcoef(ranks)[0, 1]
    return matrix


def _hyperparameter_chart(name: str, label: str, points: Sequence[tuple[Model, float]]) -> Chart:
    values = [model.first.hyperparameters[name] for model, _ in points]
    categories = [] if all(_is_number(value) for value in values) else sorted(set(values))
    series = []
    for method in sorted({model.first.method for model, _ in points}):
        of_method = [(model.first.hyperparameters[name], score) for model, score in points
                     if model.first.method == method]
        xs = [float(categories.index(value)) if categories else float(value) for value, _ in of_method]
        series.append(Series(method, xs, [score for _, score in of_method]))
    names = [name.strip("'@") for name in categories]
    return point_chart(f"{label} by {name}", series, name, label, names,
                       note=f"One mark per model, {len(points)} models.")


def _locality_chart(title: str, key: str, data_set: str, of_models: dict[str, Curve]) -> Chart:
    series = []
    for name, points in of_models.items():
        xs = sorted(points)
        spans = [interval(points[x][1]) if len(points[x][1]) > 1 else {"low": math.nan, "high": math.nan} for x in xs]
        series.append(Series(name, xs, [points[x][0] for x in xs], [span["low"] for span in spans],
                             [span["high"] for span in spans]))
    return line_chart(f"{title} by locality on {data_set}", series, "locality, share of a factor's range", key,
                      marks=True, note="Bars: 95 % interval of the mean over centres.")


def _mean(model: Model, column: Column) -> float:
    cell = cell_of(model, column)
    return cell.mean if cell else math.nan


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
