"""Scores under many settings: settings that would need a column each are told apart by rows.

A table has a row for each model and a column for each setting of a metric.  With a setting of its own for every score,
the number of cells grows with the square of the number of scores, and nearly all of them are empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..reading.scores import Model, Result
from .columns import NOT_RECORDED, differing

MOST_COLUMNS = 20  # for the settings of one metric on one data set


def with_setting_rows(models: Sequence[Model]) -> list[Model]:
    """Returns the models, with an entry of their own for each setting of a metric that was run under many.

    Of such an entry, the settings count as properties of the model, as training bindings do: they appear in a column
    each, groups do not average over them, and charts show scores by them."""
    names = _names_set_apart([result for model in models for result in model.results])
    if not names:
        return list(models)
    entries: dict[tuple[int, tuple[str, ...]], Model] = {}
    for number, model in enumerate(models):
        for result in model.results:
            apart = names.get((result.metric, result.data_set), ())
            values = tuple(f"{name} = {result.settings.get(name, NOT_RECORDED)}" for name in apart)
            entry = entries.setdefault((number, values), Model(model.name, model.data_set))
            entry.results.append(replace(result, set_apart=apart))
    return list(entries.values())


def _names_set_apart(results: Sequence[Result]) -> dict[tuple[str, str], tuple[str, ...]]:
    """By metric and data set, the names of the settings that differ where these would need too many columns."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.metric, result.data_set), []).append(result)
    found = {}
    for key, together in groups.items():
        names = tuple(differing(result.settings for result in together))
        columns = {tuple(result.settings.get(name, NOT_RECORDED) for name in names) for result in together}
        if len(columns) > MOST_COLUMNS:
            found[key] = names
    return found
