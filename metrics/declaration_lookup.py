"""What the declarations say of results: headline, direction, matrices."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from .catalogue import declarations
from .declaration import Better, Matrix, Metric, matches


@cache
def direction(key: str) -> Better | None:
    """Which way the number under a result key is better; None for a key that no metric declares, or a count.

    The few keys that two metrics share have one direction (a test holds it)."""
    for metric in declarations().values():
        for pattern, better in metric.keys.items():
            if better and matches(pattern, key):
                return better
    return None


def headline_key(keys: Iterable[str]) -> str | None:
    """The key that results with these keys are quoted by; None where no metric has them.

    Results do not name their metric, so it is the one that declares most of the keys and the fewest others."""
    found = list(keys)
    metric = _metric_of(frozenset(found))
    return None if metric is None else _headline(metric, found)


def matrices() -> dict[str, Matrix]:
    """All declared matrices by name."""
    return {matrix.name: matrix for metric in declarations().values() for matrix in metric.matrices}


def local_titles() -> dict[str, str]:
    """Titles of the metrics that average over neighbourhoods, by name."""
    return {name: metric.headline.title for name, metric in declarations().items()
            if metric.needs == "neighbourhoods"}


def report_configs() -> list[str]:
    """Configs of the metrics whose matrices a report shows; local metrics come last."""
    metrics = sorted(declarations().values(), key=lambda metric: metric.needs == "neighbourhoods")
    return [metric.report_config for metric in metrics if metric.report_config]


@cache
def _metric_of(keys: frozenset[str]) -> Metric | None:
    candidates = [metric for metric in declarations().values() if _headline(metric, keys)]
    return max(candidates, key=lambda metric: _fit(metric, keys), default=None)


def _fit(metric: Metric, keys: frozenset[str]) -> tuple[int, int]:
    covered = sum(any(matches(pattern, key) for pattern in metric.keys) for key in keys)
    absent = sum(not any(matches(pattern, key) for key in keys) for pattern in metric.keys)
    return covered, -absent


def _headline(metric: Metric, keys: Iterable[str]) -> str | None:
    """The headline among result keys; of several training sizes the largest, of several others the first."""
    fitting = [key for key in keys if matches(metric.headline.key, key)]
    return max(fitting, key=_size) if fitting else None


def _size(key: str) -> int:
    prefix = key.partition(":")[0]
    return int(prefix) if prefix.isdecimal() else 0
