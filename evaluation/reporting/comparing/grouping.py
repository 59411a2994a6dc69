"""Models grouped by what they were trained with: mean and standard deviation over seeds in every column."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ....common.errors import UserError, suggestion
from ..reading.scores import Model
from .columns import Column, cell_of, differing

METHOD, MODEL, DATA_SET, STEP = "method", "model", "data_set", "step"
SPECIAL = (METHOD, MODEL, DATA_SET, STEP)


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (ddof 1, NaN for a single value) of `num` values; of a group, one value a model."""

    mean: float
    sd: float
    num: int


@dataclass(frozen=True)
class Group:
    """Models that agree in all keys; values: of each key."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    models: tuple[Model, ...]

    @property
    def label(self) -> str:
        """Values of the special keys as they are, of bindings as NAME = VALUE; those not recorded are left out."""
        method = self.values[self.keys.index(METHOD)] if METHOD in self.keys else ""
        parts = [value if key in SPECIAL and key != STEP else f"{key.removeprefix(method + '.')} = {value}"
                 for key, value in zip(self.keys, self.values, strict=True) if value]
        return ", ".join(parts) or "all models"

    @property
    def num_seeds(self) -> int:
        """Number of models trained with different seeds; that of models where seeds are not recorded."""
        names = {model.name for model in self.models}
        seeds = {model.seed for model in self.models}
        return len(names) if "" in seeds else len(seeds)

    def spread(self, column: Column) -> Spread | None:
        """Over models, each with its mean over the seeds of the evaluation; None where none has a score."""
        cells = [cell for model in self.models if (cell := cell_of(model, column))]
        return spread_of_values([cell.mean for cell in cells]) if cells else None

    def mixed(self) -> dict[str, list[str]]:
        """Training bindings, seeds apart, that differ among models of one data set, with their values."""
        names = set(varying_bindings(self.models, lambda model: model.data_set))
        return {name: sorted({model.first.training[name] for model in self.models if name in model.first.training},
                             key=_natural) for name in sorted(names)}


def spread_of_values(values: Sequence[float]) -> Spread:
    """Of independent values."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return Spread(float(np.mean(values)), sd, len(values))


def groups_of(models: Sequence[Model], keys: Sequence[str] | None = None) -> list[Group]:
    """Groups in order of their values.

    keys: "method", "model", "data_set", "step" (of the training) or training bindings, which may be shortened; None for
    the method and every binding that differs within one, seeds apart.  Raises UserError for a key that no model has or
    several match.  Settings that are told apart by rows are keys, too."""
    full = default_keys(models) if keys is None else [_full_key(key, models) for key in keys]
    full += sorted({name for model in models for name in model.first.set_apart} - set(full))
    groups: dict[tuple[str, ...], list[Model]] = {}
    for model in models:
        groups.setdefault(tuple(_value(model, key) for key in full), []).append(model)
    return [Group(tuple(full), values, tuple(of_group)) for values, of_group in
            sorted(groups.items(), key=lambda item: [_natural(value) for value in item[0]])]


def default_keys(models: Sequence[Model]) -> list[str]:
    """The method and every training binding that differs among models of one method and data set, seeds apart."""
    return [METHOD, *varying_bindings(models, lambda model: (model.first.method, model.data_set))]


def varying_bindings(models: Sequence[Model], kind: Callable[[Model], Hashable]) -> list[str]:
    """Training bindings, seeds apart, that differ among models of the same kind."""
    trainings: dict[Hashable, list[dict[str, str]]] = {}
    for model in models:
        trainings.setdefault(kind(model), []).append(model.first.hyperparameters)
    return sorted({name for of_kind in trainings.values() for name in differing(of_kind)})


def _value(model: Model, key: str) -> str:
    step = str(model.first.row.get("train_results.global_step", ""))
    values = {METHOD: model.first.method, MODEL: model.name, DATA_SET: model.data_set, STEP: step}
    return values[key] if key in values else model.first.training.get(key, "")


def _full_key(key: str, models: Sequence[Model]) -> str:
    """The binding that `key` names in full or by its end: beta for vae.beta."""
    key = key.removeprefix("train_config.")
    known = {name for model in models for name in model.first.training}
    if key in SPECIAL or key in known:
        return key
    matches = sorted(name for name in known if name.endswith(f".{key}"))
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(f"--group_by {key} is ambiguous; give one of: {', '.join(matches)}.")
    raise UserError(f"--group_by {key}: no result was trained with such a binding. "
                    + suggestion(key, {*known, *SPECIAL}))


def _natural(value: str) -> tuple[int, float, str]:
    """Sorts numbers by value, before text."""
    try:
        return (0, float(value), value)
    except ValueError:
        return (1, 0.0, value)
