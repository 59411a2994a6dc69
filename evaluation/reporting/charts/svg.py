"""Axes of a chart as SVG that takes its colours from the page: scales, ticks, names, lines, points and bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 380, 250  # in the units of the text, so that 12 px stay legible at the width of a phone
LEFT, RIGHT, TOP, BOTTOM = 72, 22, 12, 46
DASHES = ("", "6 3", "2 3", "8 3 2 3", "10 4", "4 2 1 2", "1 2", "12 3 3 3")
NUM_STYLES = 8


@dataclass(frozen=True)
class Scale:
    """Values to positions between `start` and `end`, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.is_log else v for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values in range."""
        return log_ticks(self.low, self.high) if self.is_log else linear_ticks(self.low, self.high)


@dataclass
class Axes:
    """Collects the parts of one chart; x and y say where values lie, the labels name them with their units."""

    x: Scale
    y: Scale
    x_label: str
    y_label: str
    categories: Sequence[str] = ()
    parts: list[Markup] = field(default_factory=list)

    def line(self, xs: Sequence[float], ys: Sequence[float], style: int) -> None:
        """A curve through the points; it is broken where a value is NaN."""
        for part in _unbroken(xs, ys):
            points = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in part)
            self.parts.append(Markup('<polyline class="curve stroke{}" stroke-dasharray="{}" points="{}"/>').format(
                style % NUM_STYLES, DASHES[style % len(DASHES)], points))

    def point(self, x: float, y: float, style: int, text: str) -> None:
        """A mark whose shape tells series apart without colour; `text` shows under a pointer."""
        if not math.isnan(y):
            self.parts.append(mark(self.x(x), self.y(y), style, text))

    def interval(self, x: float, low: float, high: float, style: int) -> None:
        """A vertical bar from low to high."""
        if not (math.isnan(low) or math.isnan(high)):
            self.parts.append(Markup('<path class="curve stroke{}" d="M{x:.1f} {:.1f}V{:.1f}M{:.1f} {:.1f}h6'
                                     'M{:.1f} {:.1f}h6"/>').format(
                style % NUM_STYLES, self.y(low), self.y(high), self.x(x) - 3, self.y(low), self.x(x) - 3, self.y(high),
                x=self.x(x)))

    def violin(self, x: float, ys: Sequence[float], width: float, style: int) -> None:
        """The distribution of values around x, `width` in units of x; nothing for fewer than three different ones."""
        if len(set(ys)) < 3:
            return
        from scipy.stats import gaussian_kde

        places = np.linspace(min(ys), max(ys), 33)
        density = gaussian_kde(ys)(places)
        halves = density / density.max() * width / 2
        outline = [*zip(x - halves, places, strict=True), *zip((x + halves)[::-1], places[::-1], strict=True)]
        self.parts.append(Markup('<polygon class="fill{}" opacity="0.22" points="{}"/>').format(
            style % NUM_STYLES, " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in outline)))

    def bar(self, x: float, height: float, width: float, style: int, text: str) -> None:
        """A bar from zero, `width` in units of x."""
        left, right = self.x(x - width / 2), self.x(x + width / 2)
        top, bottom = sorted((self.y(height), self.y(max(0.0, self.y.low))))
        self.parts.append(Markup('<rect class="bar fill{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                                 "<title>{}</title></rect>").format(style % NUM_STYLES, left, top, right - left,
                                                                    bottom - top, text))

    def svg(self, alt: str) -> Markup:
        """The chart; alt: what a reader who does not see it should know."""
        frame = Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT)
        return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}{}</svg>').format(
            WIDTH, HEIGHT, alt, self._x_ticks(), self._y_ticks(), frame, Markup("").join(self.parts), self._names())

    def _x_ticks(self) -> Markup:
        bottom = HEIGHT - BOTTOM
        values = list(range(len(self.categories))) if self.categories else self.x.ticks
        texts = [str(name) for name in self.categories] or tick_texts(self.x.ticks)
        tick = Markup('<path class="axis" d="M{x:.1f} {}v4"/><text x="{x:.1f}" y="{}" text-anchor="middle">{}</text>')
        return Markup("").join(tick.format(bottom, bottom + 17, text, x=self.x(value))
                               for value, text in zip(values, texts, strict=True))

    def _y_ticks(self) -> Markup:
        tick = Markup('<path class="grid" d="M{} {y:.1f}H{}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>')
        return Markup("").join(tick.format(LEFT, WIDTH - RIGHT, LEFT - 6, self.y(value) + 4, text, y=self.y(value))
                               for value, text in zip(self.y.ticks, tick_texts(self.y.ticks), strict=True))

    def _names(self) -> Markup:
        middle = (TOP + HEIGHT - BOTTOM) / 2
        return Markup('<text class="soft" x="{}" y="{}" text-anchor="middle">{}</text><text class="soft" '
                      'transform="translate(13 {}) rotate(-90)" text-anchor="middle">{}</text>').format(
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, self.x_label, middle, self.y_label)


def x_scale(values: Sequence[float], is_log: bool = False, margin: float = 0.0) -> Scale:
    """Along the lower edge, with room for `margin` of the range on both sides."""
    return Scale(*_padded(values, is_log, margin), LEFT, WIDTH - RIGHT, is_log)


def y_scale(values: Sequence[float], is_log: bool = False, from_zero: bool = False) -> Scale:
    """Upwards, with some room; with from_zero bars stand on the axis."""
    low, high = _padded(values, is_log, 0.05)
    if from_zero:
        low = min([0.0, *(value for value in values if math.isfinite(value))])
    return Scale(low, high, HEIGHT - BOTTOM, TOP, is_log)


def mark(x: float, y: float, style: int, text: str = "") -> Markup:
    """A circle, square, triangle, diamond or their like around a position."""
    shapes = ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M-3.5-3.5h7v7h-7z", "M0-4.5L4.5 3.5h-9z", "M0-5L5 0L0 5L-5 0z",
              "M0 4.5L4.5-3.5h-9z", "M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z", "M-4-2h8v4h-8z", "M-2-4h4v8h-4z")
    return Markup('<path class="fill{}" transform="translate({:.1f} {:.1f})" d="{}"><title>{}</title></path>').format(
        style % NUM_STYLES, x, y, Markup(shapes[style % len(shapes)]), text)


def swatch(style: int) -> Markup:
    """A line and a mark for a legend."""
    return Markup('<svg class="swatch" viewBox="0 0 30 12" aria-hidden="true"><path class="curve stroke{}" '
                  'stroke-dasharray="{}" d="M0 6H30"/>{}</svg>').format(style % NUM_STYLES, DASHES[style % len(DASHES)],
                                                                        mark(15, 6, style))


def linear_ticks(low: float, high: float, num: int = 5) -> list[float]:
    """About `num` round values from low to high."""
    step = 10 ** math.floor(math.log10((high - low) / num))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= num)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten in range, and 2 and 5 times them where those are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        ticks = [factor * 10.0**power for power in powers for factor in factors
                 if low * (1 - 1e-9) <= factor * 10.0**power <= high * (1 + 1e-9)]
        if len(ticks) >= 3:
            return ticks
    return ticks or [low, high]


def tick_texts(values: Sequence[float]) -> list[str]:
    """Short texts, thousands as k and millions as M."""
    largest = max((abs(value) for value in values), default=0.0)
    for factor, sign in ((1e6, "M"), (1e3, "k")):
        if largest >= 10 * factor:
            return [f"{value / factor:g}{sign}" if value else "0" for value in values]
    return [f"{value:.6g}".replace("-", "\N{MINUS SIGN}") for value in values]


def _padded(values: Sequence[float], is_log: bool, margin: float) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if is_log:
        factor = (high / low) ** margin if high > low else 2.0
        return low / factor, high * factor
    room = (high - low) * margin if high > low else abs(high) / 2 or 1.0
    return low - room, high + room


def _unbroken(xs: Sequence[float], ys: Sequence[float]) -> list[list[tuple[float, float]]]:
    parts: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if math.isfinite(y):
            parts[-1].append((x, y))
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if len(part) > 1]
