"""The facts of a metric, declared once beside its function; tables, charts and commands read them from here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from ..common.checking.options import with_checked_options

Better = Literal["high", "low"]
Cost = Literal["small", "medium", "large"]
Needs = Literal["points", "train and test points", "groups", "neighbourhoods", "traversals", "interventions",
                "posterior", "autoencoder", "models"]
Function = TypeVar("Function", bound=Callable[..., Any])

# Metrics that can be computed from codes and factors alone.
FROM_POINTS: tuple[Needs, ...] = ("points", "train and test points")
# Metrics that ask for images with factors of their choice, which needs every combination of factors.
INTERVENING: tuple[Needs, ...] = ("groups", "neighbourhoods", "traversals", "interventions")

_FUNCTIONS: dict[str, Callable[..., Any]] = {}
_DECLARATIONS: dict[str, Metric] = {}


@dataclass(frozen=True)
class Matrix:
    """A matrix that a metric returns: one row per code (or factor), one column per factor (or code).

    name: key in `MetricResult.matrices` and name of the saved file.  note: what an entry says."""

    name: str
    title: str
    unit: str
    note: str
    rows: str = "code"
    columns: str = "factor"


@dataclass(frozen=True)
class Score:
    """One number that a metric is quoted by: a row of the table of metrics.

    key: result key; a part in braces, as in "{size}:mean_test_accuracy", varies.  range: lowest and highest value.
    cost: time with the published settings on dSprites without encoding: small is below two seconds, medium some ten
    seconds, large a minute or more.  chance: score of guessing, as text; F is the number of factors.
    configs: shipped gin configs that compute it, where those of a metric differ."""

    key: str
    title: str
    rewards: str
    range: tuple[float, float]
    cost: Cost
    pitfalls: str
    better: Better = "high"
    chance: str = ""
    configs: tuple[str, ...] = ()

    @property
    def range_text(self) -> str:
        """The range in words, such as "[0, 1], chance 1/F" or "at most 1"."""
        low, high = self.range
        if math.isinf(low):
            text = f"at most {high:g}"
        else:
            text = f"at least {low:g}" if math.isinf(high) else f"[{low:g}, {high:g}]"
        return f"{text}, chance {self.chance}" if self.chance else text


@dataclass(frozen=True)
class Metric:
    """A metric's facts; used as a decorator it registers the function under the metric's name.

    name: of the function, and of disentanglement_lib's configurable where there is one.  paper: as tables name it.
    citations: keys of the papers in `evaluation/reporting/citing/papers.bib`.  scores: the first is the headline.
    other_keys: further result keys, and which way each is better (None: neither, such as a count).  needs: what the
    function is given.  aliases: other names that it is asked for by.  report_config: the shipped config that a report
    without these matrices suggests."""

    name: str
    paper: str
    needs: Needs
    scores: tuple[Score, ...]
    citations: tuple[str, ...] = ()
    other_keys: Mapping[str, Better | None] = field(default_factory=dict)
    matrices: tuple[Matrix, ...] = ()
    aliases: tuple[str, ...] = ()
    report_config: str = ""

    def __call__(self, function: Function) -> Function:
        """Registers the function, and has its options checked.  Raises ValueError for another name or a taken one."""
        if function.__name__ != self.name or self.name in _FUNCTIONS:
            raise ValueError(f"The metric {self.name!r} is declared twice or for {function.__name__!r}.")
        checked = with_checked_options(function, but=("random_state", "n_jobs"))  # checked where they are used
        _FUNCTIONS[self.name], _DECLARATIONS[self.name] = checked, self
        return checked

    @property
    def headline(self) -> Score:
        """The score that the metric is quoted by."""
        return self.scores[0]

    @property
    def keys(self) -> dict[str, Better | None]:
        """All result keys (patterns), and which way each is better."""
        return {score.key: score.better for score in self.scores} | dict(self.other_keys)


def declaration_of(name: str) -> Metric:
    """The declaration of a metric that has been imported, by its function's name."""
    return _DECLARATIONS[name]


def function_of(name: str) -> Callable[..., Any]:
    """The function of a metric that has been imported."""
    return _FUNCTIONS[name]


def matches(pattern: str, key: str) -> bool:
    """Whether a result key fits a declared one, whose parts in braces vary."""
    parts = re.split(r"\{\w+\}", pattern)
    return re.fullmatch("[^:.]+".join(map(re.escape, parts)), key) is not None
