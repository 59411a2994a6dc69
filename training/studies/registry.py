"""Published studies: lists of trainings, each model known by its number."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...common.errors import UserError
from ...common.registry import Registry, import_members

Binding = tuple[str, object]

_STUDIES: Registry[Study] = Registry("study")


class Each(tuple[object, ...]):
    """Values of a parameter, one model for each."""

    __slots__ = ()

    def __new__(cls, *values: object) -> Each:
        return super().__new__(cls, values)


@dataclass(frozen=True)
class Grid:
    """Trainings of one gin config: all combinations of the values that bindings go through, the last fastest."""

    config: str
    bindings: tuple[Binding, ...] = ()
    is_scored: bool = True
    """False for data sets without known factors."""

    @property
    def swept(self) -> dict[str, Each]:
        """The parameters that change from model to model, and their values."""
        return {name: value for name, value in self.bindings if isinstance(value, Each)}

    @property
    def num_models(self) -> int:
        """Number of models."""
        return math.prod(len(values) for values in self.swept.values())

    def model_bindings(self, number: int) -> list[str]:
        """The gin bindings of model `number` in [0, num_models)."""
        sizes = [len(values) for values in self.swept.values()]
        chosen = iter(np.unravel_index(number, sizes) if sizes else ())
        return [binding_text(name, value[next(chosen)] if isinstance(value, Each) else value)
                for name, value in self.bindings]


@dataclass(frozen=True)
class Study:
    """What was trained for a paper, and how it was scored."""

    about: str
    """Authors, year, arXiv number or the like."""
    grids: tuple[Grid, ...]
    preset: str
    """The preset with the paper's own protocol, which scores the models unless others are asked for."""
    seeded_metrics: tuple[str, ...] = ()
    """Metric configs whose random seeds are drawn for each model, in the order of the draws; the preset's configs fix
    the seeds of all others."""
    representations: tuple[str, ...] = ("mean",)
    """What is exported and scored: 'mean', 'sampled', or both; the first one is the run's `representation/`."""

    @property
    def num_models(self) -> int:
        """Number of models."""
        return sum(grid.num_models for grid in self.grids)

    def find(self, model_num: int) -> tuple[Grid, int]:
        """The grid of a model and its number there.  Raises UserError outside [0, num_models)."""
        rest = model_num
        for grid in self.grids:
            if 0 <= rest < grid.num_models:
                return grid, rest
            rest -= grid.num_models
        raise UserError(f"--model_num is {model_num}; this study has the models 0 to {self.num_models - 1}.")

    def model_bindings(self, model_num: int) -> list[str]:
        """The gin bindings of a model.  Raises UserError outside [0, num_models)."""
        grid, number = self.find(model_num)
        return grid.model_bindings(number)


def publish(name: str, study: Study) -> None:
    """Makes a study known as `name`."""
    _STUDIES.register(name)(study)


def studies() -> Registry[Study]:
    """All studies by name, every file of the folder `published` imported."""
    import_members(f"{__package__}.published")
    return _STUDIES


def binding_text(name: str, value: object) -> str:
    """`name = value` for gin: references bare, other strings in single quotes."""
    return f"{name} = {value if isinstance(value, str) and value.startswith('@') else repr(value)}"
