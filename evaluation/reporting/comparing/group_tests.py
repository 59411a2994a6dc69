"""Tests of a difference between two groups of models: Welch's and the paired t test, with their n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ....common.commands.command_line import format_table
from ....common.errors import UserError
from .columns import Column, cell_of, labels_of
from .grouping import Group

WELCH, PAIRED = "welch", "paired"
TESTS = (WELCH, PAIRED)


@dataclass(frozen=True)
class Comparison:
    """Difference of two groups' means in one column, first minus second.

    num: models in each group, or the number of pairs twice.  interval: 95 % confidence interval of the difference.
    p_value: two-sided; adjusted: the same after Holm's correction for all comparisons of the table."""

    column: Column
    groups: tuple[str, str]
    num: tuple[int, int]
    difference: float
    interval: tuple[float, float]
    p_value: float
    adjusted: float = float("nan")


def compare(groups: Sequence[Group], columns: Sequence[Column], test: str) -> list[Comparison]:
    """Every pair of groups in every column in which both have at least two scores.

    test: "welch" for independent models of unequal variance, "paired" for models that share their training seeds.
    Raises UserError for groups that cannot be paired."""
    found = []
    for column in columns:
        for first, second in combinations(groups, 2):
            samples = (_paired if test == PAIRED else _independent)(first, second, column)
            if min(map(len, samples)) >= 2:
                found.append(_comparison(column, (first.label, second.label), samples, test))
    return [replace(comparison, adjusted=value)
            for comparison, value in zip(found, holm([each.p_value for each in found]), strict=True)]


def comparison_table(comparisons: Sequence[Comparison], test: str) -> str:
    """The comparisons as text, and one line that says which test it is."""
    if not comparisons:
        return "No two groups have at least two scores each in one column, so there is nothing to test."
    labels = dict(zip(columns := list(dict.fromkeys(each.column for each in comparisons)), labels_of(columns),
                      strict=True))
    rows = [[labels[each.column], each.groups[0], each.groups[1],
             str(each.num[0]) if test == PAIRED else f"{each.num[0]}, {each.num[1]}", f"{each.difference:+.4f}",
             f"{each.interval[0]:+.4f} to {each.interval[1]:+.4f}", f"{each.p_value:.3g}", f"{each.adjusted:.3g}"]
            for each in comparisons]
    header = ["score", "first", "second", "n", "first - second", "95 % interval", "p", "p (Holm)"]
    name = "paired t test over models with the same training seed" if test == PAIRED else "Welch's t test"
    return f"{format_table(header, rows)}\n{name[0].upper()}{name[1:]}, two-sided; p (Holm) corrects for all rows."


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction for testing all hypotheses together (Holm 1979); NaN stays NaN."""
    order = [int(place) for place in np.argsort(p_values, kind="stable") if not np.isnan(p_values[place])]
    adjusted, largest = [float("nan")] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _comparison(column: Column, labels: tuple[str, str], samples: tuple[np.ndarray, np.ndarray],
                test: str) -> Comparison:
    from scipy import stats

    first, second = samples
    with np.errstate(divide="ignore", invalid="ignore"):  # equal values in both groups: p is NaN
        result = stats.ttest_rel(first, second) if test == PAIRED else stats.ttest_ind(first, second, equal_var=False)
        interval = result.confidence_interval(0.95)
    return Comparison(column, labels, (len(first), len(second)), float(np.mean(first) - np.mean(second)),
                      (float(interval.low), float(interval.high)), float(result.pvalue))


def _scores(group: Group, column: Column) -> dict[str, list[float]]:
    """Scores of a group's models by training seed, those that could not be computed left out."""
    scores: dict[str, list[float]] = {}
    for model in group.models:
        cell = cell_of(model, column)
        if cell is not None and not np.isnan(cell.mean):
            scores.setdefault(model.seed, []).append(cell.mean)
    return scores


def _independent(first: Group, second: Group, column: Column) -> tuple[np.ndarray, np.ndarray]:
    first_scores, second_scores = (np.array([value for values in _scores(group, column).values() for value in values])
                                   for group in (first, second))
    return first_scores, second_scores


def _paired(first: Group, second: Group, column: Column) -> tuple[np.ndarray, np.ndarray]:
    scores = [_scores(group, column) for group in (first, second)]
    for group, by_seed in zip((first, second), scores, strict=True):
        if "" in by_seed or any(len(values) > 1 for values in by_seed.values()):
            raise UserError(f"--test paired needs one model for each training seed, but {group.label} has models "
                            "without a recorded seed, or several with the same one. Use --test welch, or a finer "
                            "--group_by.")
    shared = sorted(set(scores[0]) & set(scores[1]))
    first_scores, second_scores = (np.array([by_seed[seed][0] for seed in shared]) for by_seed in scores)
    return first_scores, second_scores
