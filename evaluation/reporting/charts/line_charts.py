"""Charts of the field, each with a title, named axes with units, a legend and a text for readers who do not see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from ...protocol.repeats import interval
from .svg import Axes, swatch, x_scale, y_scale

LOG_RANGE = 30  # positive values that span more than this factor go on a logarithmic axis


@dataclass(frozen=True)
class Series:
    """A line or a set of points; lows and highs: ends of intervals around ys, where there are any."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    lows: Sequence[float] = ()
    highs: Sequence[float] = ()


@dataclass(frozen=True)
class Chart:
    """A figure of a page."""

    title: str
    svg: Markup
    legend: list[tuple[Markup, str]] = field(default_factory=list)
    note: str = ""


def line_chart(title: str, series: Sequence[Series], x_label: str, y_label: str, log_y: bool = False,
               marks: bool = False, note: str = "") -> Chart:
    """One line a series; marks: also a mark and its interval at each point."""
    xs = [x for one in series for x in one.xs]
    ys = [y for one in series for values in (one.ys, one.lows, one.highs) for y in values]
    axes = Axes(x_scale(xs, margin=0.04 if marks else 0.0), y_scale(ys, log_y), x_label, y_label)
    for style, one in enumerate(series):
        axes.line(one.xs, one.ys, style)
        for place, (x, y) in enumerate(zip(one.xs, one.ys, strict=True)):
            if marks and one.lows:
                axes.interval(x, one.lows[place], one.highs[place], style)
            if marks:
                axes.point(x, y, style, f"{one.label}: {x:g}, {y:.4g}")
    return Chart(title, axes.svg(described(title, series, x_label, y_label)), legend_of(series), note)


def point_chart(title: str, series: Sequence[Series], x_label: str, y_label: str, categories: Sequence[str] = (),
                note: str = "") -> Chart:
    """Points only; with categories the xs are their numbers."""
    xs = [x for one in series for x in one.xs]
    is_log = not categories and wants_log(xs)
    scale = x_scale([-0.5, len(categories) - 0.5]) if categories else x_scale(xs, is_log, 0.06)
    axes = Axes(scale, y_scale([y for one in series for y in one.ys]), x_label, y_label, categories)
    for style, one in enumerate(series):
        for x, y in zip(one.xs, one.ys, strict=True):
            axes.point(x, y, style, f"{one.label}: {categories[int(x)] if categories else f'{x:g}'}, {y:.4g}")
    return Chart(title, axes.svg(described(title, series, x_label, y_label)), legend_of(series), note)


def bar_chart(title: str, labels: Sequence[str], heights: Sequence[float], x_label: str, y_label: str,
              is_marked: Sequence[bool] = (), note: str = "") -> Chart:
    """One bar a label; those that are not marked are pale where some are."""
    every = max(1, math.ceil(len(labels) / 16))  # of many labels only some have room
    shown = [label if place % every == 0 else "" for place, label in enumerate(labels)]
    axes = Axes(x_scale([-0.5, len(labels) - 0.5]), y_scale([0.0, *heights], from_zero=True), x_label, y_label, shown)
    for place, (label, height) in enumerate(zip(labels, heights, strict=True)):
        axes.bar(place, height, 0.7, 0 if not is_marked or is_marked[place] else 7, f"{label}: {height:.4g}")
    pairs = ", ".join(f"{label} {height:.3g}" for label, height in zip(labels, heights, strict=True))
    return Chart(title, axes.svg(f"{title}. {y_label} by {x_label}: {pairs}."), note=note)


def violin_chart(title: str, groups: Sequence[tuple[str, Sequence[float]]], y_label: str, note: str = "") -> Chart:
    """The values of each group as points, with their distribution and a 95 % interval of their mean.

    groups: label and finite values.  The legend says the numbers."""
    axes = Axes(x_scale([-0.6, len(groups) - 0.4]), y_scale([value for _, values in groups for value in values]), "",
                y_label, [""] * len(groups))
    legend = []
    for number, (label, values) in enumerate(groups):
        found = interval(values)
        axes.violin(number, values, 0.8, number)
        for value, shift in zip(values, spread_out(len(values)), strict=True):
            axes.point(number + 0.12 * shift, value, number, f"{label}: {value:.4g}")
        axes.interval(number + 0.28, found["low"], found["high"], number)
        bounds = f", 95 % interval {found['low']:.3f} to {found['high']:.3f}" if len(values) > 1 else ""
        legend.append((swatch(number), f"{label}: {found['mean']:.3f}{bounds}, n = {len(values)}"))
    alt = f"{title}. {y_label} of groups of models: {'; '.join(text for _, text in legend)}."
    return Chart(title, axes.svg(alt), legend, note)


def spread_out(number: int) -> list[float]:
    """Positions from -1 to 1 that keep neighbouring points of one group apart, in an order that mixes them."""
    return [((place * 7) % max(1, number)) / max(1, number - 1) * 2 - 1 if number > 1 else 0.0
            for place in range(number)]


def legend_of(series: Sequence[Series]) -> list[tuple[Markup, str]]:
    """Swatch and label of each; empty for a single series, which the title names."""
    return [(swatch(style), one.label) for style, one in enumerate(series)] if len(series) > 1 else []


def described(title: str, series: Sequence[Series], x_label: str, y_label: str) -> str:
    """The chart in a sentence: what it shows, and the ends of each series."""
    ends = "; ".join(f"{one.label} from {one.ys[0]:.4g} at {one.xs[0]:g} to {one.ys[-1]:.4g} at {one.xs[-1]:g}"
                     for one in series[:8] if len(one.xs))
    return f"{title}. {y_label} by {x_label}: {ends}."


def wants_log(values: Sequence[float]) -> bool:
    """Whether values are positive and span so much that a linear axis would press most of them together."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > LOG_RANGE
