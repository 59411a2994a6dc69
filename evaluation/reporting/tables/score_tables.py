"""One table of groups against columns: the scores as text, the best marked, gaps, and what readers must be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ....common.commands.command_line import format_table
from ...protocol.repeats import half_interval
from ..comparing.columns import Column, best_of, labels_of
from ..comparing.grouping import Group, Spread
from ..comparing.missing_scores import fill_commands
from ..reading.scores import UNKNOWN

# How a table shows the spread over models, and what its caption calls it.
SPREADS = {"sd": "their standard deviation (ddof = 1)", "interval": "half of the mean's 95 % interval (Student's t)"}
GAP, UNDEFINED = "-", "undefined"
MAX_NOTES = 20


@dataclass(frozen=True)
class Score:
    """One cell: text of the mean and of what stands after ±, how many models where that is not the row's, whether the
    best.

    spread: the exact numbers; None for a gap."""

    mean: str
    margin: str = ""
    num: int | None = None
    is_best: bool = False
    spread: Spread | None = None

    @property
    def exact(self) -> list[str]:
        """Mean, standard deviation and number of models with all digits; "" for what there is not."""
        if self.spread is None:
            return ["", "", "0"]
        return [*("" if math.isnan(value) else repr(value) for value in (self.spread.mean, self.spread.sd)),
                str(self.spread.num)]

    def text(self, plus_minus: str = " ± ", best: str = "{}") -> str:
        """As plain text; best: how the best mean is marked, such as `**{}**`."""
        mean = best.format(self.mean) if self.is_best else self.mean
        spread = f"{plus_minus}{self.margin}" if self.margin else ""
        return mean + spread + (f" (n = {self.num})" if self.num is not None else "")


@dataclass(frozen=True)
class ScoreTable:
    """Header, one row a group, and notes.  The first column names the group, the last says the number of seeds."""

    header: list[str]
    rows: list[tuple[str, list[Score], int]]
    notes: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    spread: str = "sd"

    @property
    def caption(self) -> str:
        """What the numbers are."""
        return (f"Mean over models, ± {SPREADS[self.spread]} where there is more than one; "
                "seeds: models trained with different seeds; the best of a column is bold.")


def score_table(groups: Sequence[Group], columns: Sequence[Column], digits: int = 4, spread: str = "sd") -> ScoreTable:
    """Groups against columns; `digits` after the point; spread: one of SPREADS."""
    spreads = [[group.spread(column) for group in groups] for column in columns]
    best = [best_of(column, [spread.mean if spread else None for spread in of_column], lambda v: f"{v:.{digits}f}")
            for column, of_column in zip(columns, spreads, strict=True)]
    rows = [(group.label, [_score(of_column[place], group, is_best[place], digits, spread)
                           for of_column, is_best in zip(spreads, best, strict=True)], group.num_seeds)
            for place, group in enumerate(groups)]
    models = list({id(model): model for group in groups for model in group.models}.values())
    commands = [command for commands in fill_commands(models, columns).values() for command in commands]
    header = [groups[0].keys[0], *labels_of(columns), "seeds"]
    return ScoreTable(header, rows, notes_on(groups, columns), commands, spread)


def notes_on(groups: Sequence[Group], columns: Sequence[Column]) -> list[str]:
    """Which groups average over different bindings, and which scores are better when they are low."""
    notes = [f"{group.label}: averages over {name} = {', '.join(values)}; separate them with --group_by {name}."
             for group in groups for name, values in group.mixed().items()]
    unknown = {model.name for group in groups for model in group.models if model.first.method == UNKNOWN}
    if len(unknown) > 1:
        notes.append(f"{len(unknown)} models record no method, as imported ones: say method and seed with --labels "
                     "'{method}_{seed}', a pattern of their folders' names, or --labels FILE.csv.")
    low = [label for column, label in zip(columns, labels_of(columns), strict=True) if column.lower_is_better]
    return notes + ([f"Lower is better: {', '.join(low)}."] if low else [])


def plain_table(table: ScoreTable) -> str:
    """For a terminal; the best of a column has a star."""
    rows = [[label, *(score.text(best="*{}") for score in scores), str(seeds)] for label, scores, seeds in table.rows]
    return format_table(table.header, rows)


def _score(spread: Spread | None, group: Group, is_best: bool, digits: int, shown: str) -> Score:
    if spread is None:
        return Score(GAP)
    num = spread.num if spread.num != group.num_seeds else None
    if math.isnan(spread.mean):
        return Score(UNDEFINED, num=num, spread=spread)
    margin = half_interval(spread.sd, spread.num) if shown == "interval" else spread.sd
    text = "" if math.isnan(margin) else f"{margin:.{digits}f}"
    return Score(f"{spread.mean:.{digits}f}", text, num, is_best, spread)
