"""A score on a line from its lowest to its highest value, with its interval and what it is compared with."""

from __future__ import annotations

import math

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 160, 20, 6  # in CSS pixels


def gauge(score: float, interval: tuple[float, float], limits: tuple[float, float],
          published: tuple[float, float] | None = None, chance: float | None = None) -> Markup:
    """Returns an SVG; empty if the score has no finite value or its limits are not finite.

    Args:
        score: the dot.
        interval: ends of the bar around it; NaN for none.
        limits: lowest and highest value of the score.
        published: ends of the broad pale band.
        chance: a dashed tick.
    """
    if not all(map(math.isfinite, (score, *limits))) or limits[0] >= limits[1]:
        return Markup("")
    parts = [Markup('<path class="axis" d="M{} 10H{}"/>').format(MARGIN, WIDTH - MARGIN)]
    if published:
        low, high = (_place(value, limits) for value in published)
        parts.append(Markup('<rect class="band" x="{:.1f}" y="3" width="{:.1f}" height="14"/>').format(
            low, max(2.0, high - low)))
    if chance is not None:
        parts.append(Markup('<path class="axis" stroke-dasharray="2 2" d="M{:.1f} 2v16"/>').format(
            _place(chance, limits)))
    if all(map(math.isfinite, interval)):
        low, high = (_place(value, limits) for value in interval)
        parts.append(Markup('<path class="curve stroke0" d="M{:.1f} 10H{:.1f}M{:.1f} 6v8M{:.1f} 6v8"/>').format(
            low, high, low, high))
    parts.append(Markup('<circle class="fill0" cx="{:.1f}" cy="10" r="4"/>').format(_place(score, limits)))
    return Markup('<svg class="gauge" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        WIDTH, HEIGHT, Markup("").join(parts))


def _place(value: float, limits: tuple[float, float]) -> float:
    share = (value - limits[0]) / (limits[1] - limits[0])
    return MARGIN + min(max(share, 0.0), 1.0) * (WIDTH - 2 * MARGIN)
