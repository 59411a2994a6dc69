"""Several seeds of one score: mean, standard deviation and a 95 % interval of the mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...common.commands.command_line import format_table

NOT_SCORES = ("elapsed_time",)
CONFIDENCE = 0.95


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each number of the results `mean`, `sd` (ddof 1), `low` and `high` of Student's interval, and `values`."""
    keys = [key for key, value in results[0].items()
            if key not in NOT_SCORES and isinstance(value, (int, float)) and not isinstance(value, bool)]
    return {key: interval([_number(of_seed.get(key)) for of_seed in results]) for key in keys}


def interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation and interval of independent values; the latter two NaN for one value."""
    mean, num = float(np.mean(values)), len(values)
    sd = float(np.std(values, ddof=1)) if num > 1 else float("nan")
    half = half_interval(sd, num)
    return {"mean": mean, "sd": sd, "low": mean - half, "high": mean + half, "values": list(values)}


def half_interval(sd: float, num: int) -> float:
    """Half the width of Student's interval of the mean of `num` values; NaN for one value."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, num - 1)) * sd / math.sqrt(num) if num > 1 else float("nan")


def repeats_table(results: Mapping[str, Mapping[str, Any]], headlines: Mapping[str, str]) -> str:
    """A table with one row a metric: its headline's mean, standard deviation and interval."""
    rows = []
    for metric, scores in results.items():
        found = scores["repeats"].get(headlines[metric])
        if found is not None:
            rows.append([metric, headlines[metric], *(f"{found[key]:.4f}" for key in ("mean", "sd", "low", "high"))])
    return format_table(["metric", "key", "mean", "sd", "95 % from", "to"], rows)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
