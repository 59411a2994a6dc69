"""Scores as tables on a terminal: models against metrics, and metrics with their headlines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....common.commands.command_line import format_table
from ....common.results import read_json
from ..declared.headlines import format_score, headline


def model_by_metric(results: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """A table with one row a model and one column a metric; results: model to metric to its results."""
    metrics = list(dict.fromkeys(metric for scores in results.values() for metric in scores))
    rows = [[model, *(format_score(headline(scores[metric])[1]) if metric in scores else "" for metric in metrics)]
            for model, scores in results.items()]
    return format_table(["model", *metrics], rows)


def metric_by_key(results: Mapping[str, Mapping[str, Any]]) -> str:
    """A table with one row a metric: its headline key, the score, and how long it took."""
    rows = []
    for metric, scores in results.items():
        key, value = headline(scores)
        rows.append([metric, key, format_score(value), f"{scores.get('elapsed_time', 0):.1f} s"])
    return format_table(["metric", "key", "score", "time"], rows)


def read_results(metrics_dir: Path) -> dict[str, dict[str, Any]]:
    """Results by metric of a folder METRIC/results/json/evaluation_results.json, by name."""
    paths = sorted(metrics_dir.glob("*/results/json/evaluation_results.json"))
    return {path.parents[2].name: read_json(path) for path in paths}
