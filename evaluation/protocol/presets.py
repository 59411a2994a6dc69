"""Presets: the metrics of one paper under one name, in configs that pin every number its code used.

A preset is a file of gin_configs/presets/ that lists metric configs, most of them in a folder beside it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gin

from ...common.configuration.parsing import CONFIG_ROOT, configured
from ...common.errors import ConfigurationError, UnknownNameError
from ...metrics.catalogue import declaration
from ...metrics.declaration import Score
from ..settings.metric_configs import find_metric_config

DEFAULT_PRESET = "dlib_2019"
FOLDER = CONFIG_ROOT / "presets"


@gin.configurable("preset")
def listed_metrics(metrics: Sequence[str] = gin.REQUIRED) -> list[str]:
    """Names of the metric configs of a preset."""
    return list(metrics)


def metrics_of_preset(name: str) -> list[str]:
    """The metric configs of a shipped preset.  Raises UnknownNameError, with suggestions."""
    files = {path.stem: path for path in FOLDER.glob("*.gin")}
    if name not in files:
        raise UnknownNameError("preset", name, files, _hint(name))
    with configured([files[name]]):
        return listed_metrics()


def _hint(name: str) -> str:
    """What to say to the name of a metric."""
    try:
        find_metric_config(name)
    except ConfigurationError:
        return ""
    return f"{name!r} is a metric: give --gin_config {name}. "


def presets() -> dict[str, str]:
    """What each preset is, in one line, by name."""
    return _first_lines(FOLDER)


def metrics() -> dict[str, str]:
    """What each metric config is, in one line, by name."""
    return _first_lines(CONFIG_ROOT / "evaluation") | _first_lines(CONFIG_ROOT / "validation")


class ListAction(argparse.Action):
    """Prints presets and metrics, or the metrics of one preset, and exits: needs none of the required options."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        try:
            print(described_preset(values) if values else described_all())
        except UnknownNameError as error:
            parser.error(str(error))
        parser.exit()


def described_all() -> str:
    """Presets, then metrics, each with one line that says what it is."""
    return (f"Presets (--preset NAME; --list NAME shows its metrics):\n{described(presets())}\n\n"
            f"Metrics (--gin_config NAME), with range and direction:\n{described(_with_facts(metrics()))}")


def _with_facts(lines: dict[str, str]) -> dict[str, str]:
    """Each metric's line with the range and direction of its headline, as its declaration says."""
    facts = {}
    for name, line in lines.items():
        path = next(CONFIG_ROOT.rglob(f"{name}.gin"))
        text = path.read_text(encoding="utf-8")
        if included := re.match(r'include "(.+)"', text):
            text = (path.parent / included[1]).read_text(encoding="utf-8")
        function = re.search(r"_fn = @(\w+)", text)
        headline = _headline(function[1].removesuffix("_validation")) if function else None
        facts[name] = f"{line} {headline.range_text}, {headline.better}" if headline else line
    return facts


def _headline(metric: str) -> Score | None:
    """The score that a metric is quoted by; None for a metric without a declaration."""
    try:
        return declaration(metric).headline
    except UnknownNameError:
        return None


def described_preset(name: str) -> str:
    """The metrics of a preset, each with one line.  Raises UnknownNameError."""
    lines = metrics() | _first_lines(FOLDER / name)
    return described({metric: lines.get(metric, "") for metric in metrics_of_preset(name)})


def described(lines: dict[str, str]) -> str:
    """One line a name: the name and what it is."""
    width = max(map(len, lines))
    return "\n".join(f"  {name.ljust(width)}  {text}" for name, text in lines.items())


def _first_lines(folder: Path) -> dict[str, str]:
    """The comment at the top of each gin file, or of the file it includes; files for including are left out."""
    found = {}
    for path in sorted(folder.glob("*.gin")):
        line = path.read_text(encoding="utf-8").splitlines()[0]
        if included := re.match(r'include "(.+)"', line):
            line = (folder / included[1]).read_text(encoding="utf-8").splitlines()[0]
        if not path.stem.endswith("_base"):
            found[path.stem] = line.lstrip("# ")
    return found
