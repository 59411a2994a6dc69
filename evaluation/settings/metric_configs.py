"""Shipped configs of metrics, by every name that the metrics' declarations list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ...common.configuration.config_names import CONFIG_ROOT, METRICS, find_config
from ...metrics.catalogue import declarations
from ...metrics.declaration import Metric


def find_metric_config(name: str, folders: Sequence[str] = METRICS) -> Path:
    """The file `name`, or the shipped config of a metric by its own name, the metric's name or an alias.

    Raises ConfigurationError as `find_config` does."""
    return find_config(name, folders, config_names)


@cache
def config_names() -> dict[str, str]:
    """Base names of shipped configs by those names and aliases of metrics that are not base names themselves."""
    stems = {path.stem for path in (CONFIG_ROOT / "evaluation").glob("*.gin")}
    found = {}
    for metric in declarations().values():
        names = (metric.name, *metric.aliases)
        config = _default_config(metric, stems)
        found.update({name: config for name in names if config and name not in stems})
    return found


def _default_config(metric: Metric, stems: set[str]) -> str | None:
    """The config that a metric's name stands for; of a local metric that of the smallest locality."""
    localities = sorted(stem for stem in stems if stem.startswith(f"{metric.name}_") and stem[-1].isdigit())
    candidates = (metric.name, *metric.aliases, *metric.headline.configs, *localities)
    return next((name for name in candidates if name in stems), None)
