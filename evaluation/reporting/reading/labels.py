"""Method, seed and other properties of models that no training recorded: from their names, or from a CSV file."""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ....common.disk.reading import read_text
from ....common.errors import UserError
from .result_files import Row
from .scores import results_of

Labels = Callable[[str], dict[str, str]]  # a model's path to its properties; empty for a model without

KEYS = {"method": "train_config.model.model", "seed": "train_config.model.random_seed"}
MODEL = "model"  # the column of a CSV file that names models


def add_label_argument(parser: argparse._ActionsContainer) -> None:
    """The flag that says what imported models are."""
    parser.add_argument("--labels", metavar="PATTERN|FILE",
                        help="method and seed of models trained elsewhere: a pattern of their folders' names, such as "
                             "'{method}_beta{beta}_seed{seed}', or a CSV file with the columns model, method, seed and "
                             "more")


def label(rows: Sequence[Row], labels: str | None) -> None:
    """Adds to result rows what `labels` says of their models, as if the training had recorded it.

    labels: see `add_label_argument`; None adds nothing.  Raises UserError when it says nothing of any model."""
    if labels is None or not rows:
        return
    find = _of_file(Path(labels)) if Path(labels).suffix == ".csv" else _of_pattern(labels)
    found = {id(result.row): find(result.model) for result in results_of(rows)}
    if not any(found.values()):
        example = next((result.model for result in results_of(rows)), "")
        raise UserError(f"--labels {labels} fits no model's folder, such as {example}.")
    for row in rows:
        for name, value in found.get(id(row), {}).items():
            text = f"@{value}()" if name == "method" else value
            row[KEYS.get(name, f"train_config.label.{name}")] = text


def _of_pattern(pattern: str) -> Labels:
    """Properties by the names in braces, each without a slash; the pattern ends where the path ends.

    A seed is digits, and other names are as long as they can be, so that {method}_{seed} splits beta_vae_0 at its last
    underscore."""
    names = re.findall(r"\{(\w+)\}", pattern)
    if not names or len(set(names)) < len(names):
        raise UserError(f"--labels {pattern} is no pattern: expected names in braces, each once, such as "
                        "'{method}_seed{seed}', or a .csv file.")
    regex = re.compile(r"(?:^|/)" + re.sub(r"\\\{(\w+)\\\}", _group, re.escape(pattern)) + "$")

    def find(model: str) -> dict[str, str]:
        match = regex.search(model)
        return match.groupdict() if match else {}

    return find


def _group(name: re.Match[str]) -> str:
    return rf"(?P<{name[1]}>{'[0-9]+' if name[1] == 'seed' else '[^/]+'})"


def _of_file(path: Path) -> Labels:
    """Properties by the columns of a CSV file; models are named by their folders, or by more of their paths."""
    try:
        text = read_text(path, "a CSV file").removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise UserError(f"--labels {path} cannot be read as a table: {error}.") from error
    if not rows or MODEL not in rows[0] or any(None in row or None in row.values() for row in rows):
        raise UserError(f"--labels {path}: expected a first line of names, one of them {MODEL!r}, and as many entries "
                        "in each line after it.")
    by_name = {row.pop(MODEL).strip("/"): row for row in rows}

    def find(model: str) -> dict[str, str]:
        parts = Path(model).parts
        names = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((by_name[name] for name in names if name in by_name), {})

    return find
