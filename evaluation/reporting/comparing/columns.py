"""Columns of a table: scores that may be compared, never of two data sets or under two settings in one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ....common.errors import UnknownNameError
from ..declared.directions import is_lower_better
from ..declared.titles import title_of
from ..reading.scores import Model, Result

NOT_RECORDED = "not recorded"
PRESET = "evaluation.preset"


@dataclass(frozen=True)
class Column:
    """One number of one metric on one data set; settings: the bindings that tell it from others of its name."""

    metric: str
    key: str
    data_set: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def lower_is_better(self) -> bool:
        return is_lower_better(self.key)

    def holds(self, result: Result) -> bool:
        """Whether a result belongs here."""
        return (result.metric == self.metric and result.data_set == self.data_set and self.key in result.numbers
                and all(result.settings.get(name, NOT_RECORDED) == value for name, value in self.settings))

    @property
    def preset(self) -> str:
        """The preset it was scored with, where columns differ in it."""
        return dict(self.settings).get(PRESET, "")

    def label(self, name: str, with_data_set: bool, only_preset: bool = False) -> str:
        """`name` with what tells this column from others; other settings are left out if the preset says enough."""
        shown = [(PRESET, self.preset)] if only_preset else self.settings
        settings = [f"{name.removeprefix(self.metric + '.').removeprefix('evaluation.')} = {value}"
                    for name, value in shown]
        return ", ".join([name, *([self.data_set] if with_data_set else []), *settings])


@dataclass(frozen=True)
class Cell:
    """A model's score in a column: the mean over the seeds of the evaluation, NaN where it could not be computed."""

    mean: float
    values: tuple[float, ...]


def columns_of(results: Sequence[Result], chosen: Sequence[str] = ()) -> list[Column]:
    """The columns that results need, in order of metric; for each metric its headline, or what is `chosen`.

    chosen: METRIC or METRIC:KEY.  Raises UnknownNameError for one that no result holds."""
    columns: dict[Column, None] = {}
    for metric, key in _wanted(results, chosen):
        with_key = [result for result in results if result.metric == metric and key in result.numbers]
        for data_set in dict.fromkeys(result.data_set for result in with_key):
            together = [result for result in with_key if result.data_set == data_set]
            names = differing(result.settings for result in together)
            for result in together:
                settings = tuple((name, result.settings.get(name, NOT_RECORDED)) for name in names)
                columns[Column(metric, key, data_set, settings)] = None
    return list(columns)


def differing(settings: Iterable[dict[str, str]]) -> list[str]:
    """Names with more than one recorded value.

    One that only some record is none: a later version that knows more parameters is no other setting."""
    values: dict[str, set[str]] = {}
    for one in settings:
        for name, value in one.items():
            values.setdefault(name, set()).add(value)
    return sorted(name for name, of_name in values.items() if len(of_name) > 1)


def cell_of(model: Model, column: Column) -> Cell | None:
    """A model's score in a column, over the seeds of the evaluation; None where there is none."""
    values = tuple(_number(result.numbers[column.key]) for result in model.results if column.holds(result))
    return Cell(float(np.mean(values)), values) if values else None


def labels_of(columns: Sequence[Column], titles: bool = False) -> list[str]:
    """Names of columns: the data set if there are several, the key if a metric has several.

    titles: whether a score is called by what it shows, such as Modularity, instead of by its metric's name."""
    several_sets = len({column.data_set for column in columns}) > 1
    names = _titles(columns) if titles else _names(columns)
    return [column.label(name, several_sets, _preset_is_enough(column, columns))
            for name, column in zip(names, columns, strict=True)]


def _names(columns: Sequence[Column]) -> list[str]:
    """Metrics, with the key where a metric has several."""
    keys: dict[str, set[str]] = {}
    for column in columns:
        keys.setdefault(column.metric, set()).add(column.key)
    return [f"{column.metric} {column.key}" if len(keys[column.metric]) > 1 else column.metric for column in columns]


def _titles(columns: Sequence[Column]) -> list[str]:
    """What the scores show, with metric and key where a title stands for several of them or for none."""
    shown: dict[str, set[tuple[str, str]]] = {}
    for column in columns:
        shown.setdefault(title_of(column.metric, column.key), set()).add((column.metric, column.key))
    names = []
    for name, column in zip(_names(columns), columns, strict=True):
        title = title_of(column.metric, column.key)
        names.append(title if len(shown[title]) == 1 and title != column.metric else
                     name if title == column.metric else f"{title} ({column.metric}: {column.key})")
    return names


def _preset_is_enough(column: Column, columns: Sequence[Column]) -> bool:
    """Whether no other column of this number has the same preset."""
    return bool(column.preset) and [other.preset for other in columns if (other.metric, other.key, other.data_set) == (
        column.metric, column.key, column.data_set)].count(column.preset) == 1


def best_of(column: Column, values: Sequence[float | None], places: Callable[[float], str]) -> list[bool]:
    """Which values are the best of a column, ties as printed included; none where there is one value only."""
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    if len(numbers) < 2:
        return [False] * len(values)
    best = places(min(numbers) if column.lower_is_better else max(numbers))
    return [value is not None and places(value) == best for value in values]


def _wanted(results: Sequence[Result], chosen: Sequence[str]) -> list[tuple[str, str]]:
    if not chosen:
        return sorted({(result.metric, result.headline[0]) for result in results if result.headline[0]})
    headlines = {result.metric: result.headline[0] for result in results}
    known = {f"{result.metric}:{key}" for result in results for key in result.numbers}
    wanted = []
    for name in chosen:
        full = f"{name}:{headlines[name]}" if name in headlines else name
        if full not in known:
            raise UnknownNameError("score", name, set(headlines) | {key for key in known if name.split(":")[0] in key})
        wanted.append((full.split(":", 1)[0], full.split(":", 1)[1]))
    return wanted


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
