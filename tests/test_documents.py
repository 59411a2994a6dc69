"""Commands in the documents exist: their flags are accepted, and the configurations they name are shipped."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import find_config
from unbraid.training.studies.registry import studies

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = {"unbraid-data": "ground_truth", "unbraid-train": "training",
           "unbraid-reproduce": "training.studies.reproduce", "unbraid-study": "study", "unbraid-export": "export",
           "unbraid-evaluate": "evaluation",
           "unbraid-aggregate": "evaluation.reporting.aggregate", "unbraid-report": "evaluation.reporting.report",
           "unbraid-visualize": "evaluation.visualize", "unbraid-warmup": "evaluation.protocol.warm_up"}
PLACEHOLDER = re.compile(r"[A-Z/*.$\[]|\.gin$")  # METRIC, a path, a pattern, a variable, or an option in brackets


def commands(document: Path) -> list[str]:
    """Commands of unbraid in code spans and blocks, continued lines joined, comments removed."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    spans = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:    )?(unbraid-[^\n]+)$", text, re.MULTILINE)
    return [found for span in spans
            for found in re.findall(r"(?<![.\w])unbraid-[a-z]+(?: [^#`;|]*)?", span.split("  #")[0])]


@cache
def help_of(command: str, subcommand: str = "") -> str:
    words = [sys.executable, "-m", f"unbraid.{MODULES[command]}", *([subcommand] if subcommand else []), "--help"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def words_after(option: str, command: str) -> list[str]:
    """Values of an option, up to the next one."""
    match = re.search(rf"{option} ((?:(?!--)\S+\s*)+)", command)
    return match[1].split() if match else []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_flags_of_commands_exist(document: Path) -> None:
    for command in commands(document):
        name, *words = command.split()
        assert name in MODULES, command
        flags = re.findall(r"(?<!\S)--[a-z_]+", command)
        subcommand = next((word for word in words if word.isalpha() and word.islower()), "")
        text = help_of(name, subcommand if name == "unbraid-data" and flags else "") if flags else ""
        missing = [flag for flag in flags if not re.search(rf"{flag}\b", text)]
        assert not missing, f"{document.name}: {command}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_configurations_and_presets_exist(document: Path) -> None:
    for command in commands(document):
        for name in words_after("--gin_config", command):
            if not PLACEHOLDER.search(name):
                find_config(name)
        for name in words_after("--preset", command):
            if not PLACEHOLDER.search(name):
                find_config(f"presets/{name}")


def test_bindings_of_the_migration_page_exist() -> None:
    from unbraid.training.running import train  # noqa: F401  (registers everything for gin)

    text = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    names = re.findall(r"`(?:\w+/)?(\w+)\.(\w+)`", text)
    assert len(names) > 30
    parameters = {selector.split(".")[-1]: inspect.signature(inspect.unwrap(found.wrapped)).parameters
                  for selector, found in gin_internals.configurables().items()}
    files = ("py", "md", "json", "csv", "log", "bash", "sh", "zip", "ipynb", "pt", "png", "gif")
    theirs = ("aggregate_results",)  # a module of disentanglement_lib
    missing = [f"{name}.{parameter}" for name, parameter in names if parameter not in files and name not in theirs
               and parameter not in parameters.get(name, {})]
    assert not missing


@pytest.mark.parametrize("script", sorted((ROOT / "scripts" / "experiments").glob("*.sh")), ids=lambda path: path.name)
def test_experiments_name_models_of_their_study(script: Path) -> None:
    match = re.search(r"^experiment (\w+) ([0-9,-]+)", script.read_text(), re.MULTILINE)
    assert bool(match) == (script.name != "common.sh")
    if match:
        largest = max(int(number) for number in re.findall(r"[0-9]+", match[2]))
        assert largest < studies()[match[1]].num_models
