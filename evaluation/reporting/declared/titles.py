"""What a score is called and which values it takes, from the metrics' declarations."""

from __future__ import annotations

import re
from functools import cache

from ....metrics.catalogue import declarations
from ....metrics.declaration import Score


def title_of(metric: str, key: str) -> str:
    """What a number shows, such as "Modularity" for modularity_explicitness; the metric's own name where none says.

    metric: name of its configuration, such as factor_vae_metric or local_mig_0_1.  key: of the result."""
    score, locality = _declared(metric, key), re.search(r"_(\d)_(\d)$", metric)
    if score is None:
        return metric
    title = score.title.replace("\\", "")
    title = title[:1].upper() + title[1:]
    return f"{title}, locality {locality[1]}.{locality[2]}" if locality else title


def range_of(metric: str, key: str) -> str:
    """The values it takes, in words, such as "[0, 1], chance 0.5"; empty where none says."""
    score = _declared(metric, key)
    return score.range_text if score else ""


def limits_of(metric: str, key: str) -> tuple[float, float] | None:
    """The lowest and the highest value it takes; None where none says."""
    score = _declared(metric, key)
    return score.range if score else None


def chance_of(metric: str, key: str) -> float | None:
    """The score of guessing; None where it is 0, unknown, or depends on the data."""
    score = _declared(metric, key)
    try:
        return float(score.chance) if score and score.chance else None
    except ValueError:
        return None


@cache
def _declared(metric: str, key: str) -> Score | None:
    plain = re.sub(r"_\d_\d$", "", metric)
    for name, declared in declarations().items():
        names = {name, *declared.aliases, *(config for score in declared.scores for config in score.configs)}
        if plain in names or metric in names:
            matching = [score for score in declared.scores if score.key == key]
            exact = [score for score in matching if metric in score.configs]
            return next(iter(exact or matching), None)
    return None
