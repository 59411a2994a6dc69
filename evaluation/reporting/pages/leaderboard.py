"""Models against scores, one board a data set: a page that sorts and filters, and Markdown."""

from __future__ import annotations

import glob
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ....common.disk.files import write_text
from ..comparing.columns import Cell, Column, best_of, cell_of, columns_of, labels_of
from ..comparing.grouping import spread_of_values, varying_bindings
from ..comparing.missing_scores import fill_commands
from ..reading.runs import FOLDERS_OF_SCORES
from ..reading.scores import Model
from ..tables.paper_tables import escape_markdown, markdown_row
from .rendering import write_page

REPORT = "report.html"
OUTPUTS = (".html", ".md")
EXPLANATION = "± is the standard deviation over seeds of the evaluation, where there are several."


@dataclass(frozen=True)
class BoardScore:
    """A cell as text, its value to sort by ("" for a gap), and what a pointer shows."""

    mean: str
    sd: str
    value: str
    title: str
    is_best: bool


@dataclass(frozen=True)
class BoardColumn:
    """A column's header, direction, and the names of metric and key."""

    label: str
    lower_is_better: bool
    name: str


@dataclass(frozen=True)
class BoardRow:
    """One model: name, method, its values of the bindings that differ, training seed, scores, address of its report."""

    model: str
    method: str
    bindings: list[str]
    seed: str
    scores: list[BoardScore]
    link: str = ""


@dataclass(frozen=True)
class Board:
    """All models that were scored on one data set; best first by the first column."""

    data_set: str
    bindings: list[str]
    columns: list[BoardColumn]
    rows: list[BoardRow]
    commands: list[str]


Links = Callable[[Path], str]  # the address of a run's report, "" without one


def no_links(run: Path) -> str:
    """For a board whose models have no reports."""
    del run
    return ""


def report_links(folder: Path) -> Links:
    """Links from a page in `folder` to the reports of runs.

    Scores in scores/NAME belong to MODELS/NAME, which has the report then."""
    folder = folder.resolve()

    def link(run: Path) -> str:
        run = run.resolve()
        beside = sorted(run.parents[1].glob(f"*/{glob.escape(run.name)}/{REPORT}")) \
            if run.parent.name in FOLDERS_OF_SCORES else []
        found = next((path for path in (run / REPORT, *beside) if path.is_file()), None)
        return quote(os.path.relpath(found, folder).replace(os.sep, "/")) if found else ""

    return link


def boards_of(models: Sequence[Model], chosen: Sequence[str] = (), digits: int = 4,
              links: Links = no_links) -> list[Board]:
    """One board a data set, by name; chosen: METRIC or METRIC:KEY, by default each metric's headline."""
    by_data_set: dict[str, list[Model]] = {}
    for model in models:
        by_data_set.setdefault(model.data_set, []).append(model)
    return [board_of(of_set, chosen, digits, links) for _, of_set in sorted(by_data_set.items())]


def board_of(models: Sequence[Model], chosen: Sequence[str] = (), digits: int = 4, links: Links = no_links) -> Board:
    """The board of models that were scored on the same data set."""
    results = [result for model in models for result in model.results]
    columns = columns_of(results, chosen)
    bindings = varying_bindings(models, lambda model: None)
    models = sorted(models, key=lambda model: model.name)
    scores = [_scores(models, column, digits) for column in columns]
    rows = [BoardRow(model.name, model.first.method, [model.first.training.get(name, "") for name in bindings],
                     model.seed, [of_column[place] for of_column in scores], links(model.first.run))
            for place, model in enumerate(models)]
    commands = [command for commands in fill_commands(models, columns).values() for command in commands]
    headers = [BoardColumn(label, column.lower_is_better, f"{column.metric}: {column.key}")
               for label, column in zip(labels_of(columns, titles=True), columns, strict=True)]
    return Board(models[0].data_set, bindings, headers, rows, commands)


def write_leaderboard(boards: Sequence[Board], path: Path, num_files: int, broken: Sequence[str] = ()) -> None:
    """Writes the page or Markdown, whichever the suffix says."""
    if path.suffix == ".md":
        write_text(path, leaderboard_markdown(boards, broken))
        return
    rows = [row for board in boards for row in board.rows]
    write_page(path, "leaderboard.html", title="Leaderboard", boards=boards, broken=broken, num_files=num_files,
               num_models=len({row.model for row in rows}), methods=sorted({row.method for row in rows}),
               data_sets=[board.data_set for board in boards], explanation=EXPLANATION,
               has_reports=any(row.link for row in rows),
               command="unbraid-aggregate --leaderboard")


def leaderboard_markdown(boards: Sequence[Board], broken: Sequence[str] = ()) -> str:
    """A heading and a table for each board, best model first by the first score."""
    lines = ["# Leaderboard", "", f"The best of a column is bold. {EXPLANATION}"]
    for board in boards:
        labels = [column.label + (" (low is better)" if column.lower_is_better else "") for column in board.columns]
        header = [escape_markdown(name) for name in ("model", "method", *board.bindings, "seed", *labels)]
        num_texts = len(header) - len(labels)
        lines += ["", f"## {board.data_set}", "", markdown_row(header),
                  markdown_row(["---"] * num_texts + ["---:"] * len(labels)), *map(_markdown_row, board.rows)]
        if board.commands:
            lines += ["", "-: not computed. These commands fill the gaps:", "", "```bash", *board.commands, "```"]
    if broken:
        lines += ["", "## Files left out", "", *(f"- {sentence}" for sentence in broken)]
    return "\n".join(lines) + "\n"


def _markdown_row(row: BoardRow) -> str:
    name = escape_markdown(row.model)
    texts = [f"[{name}]({row.link})" if row.link else name,
             *(escape_markdown(text) for text in (row.method, *row.bindings, row.seed))]
    scores = [(f"**{score.mean}**" if score.is_best else score.mean) + (f" ± {score.sd}" if score.sd else "")
              for score in row.scores]
    return markdown_row(texts + scores)


def _scores(models: Sequence[Model], column: Column, digits: int) -> list[BoardScore]:
    cells = [cell_of(model, column) for model in models]
    best = best_of(column, [cell.mean if cell else None for cell in cells], lambda value: f"{value:.{digits}f}")
    return [_score(cell, is_best, digits) for cell, is_best in zip(cells, best, strict=True)]


def _score(cell: Cell | None, is_best: bool, digits: int) -> BoardScore:
    if cell is None:
        return BoardScore("-", "", "", "not computed", False)
    if math.isnan(cell.mean):
        return BoardScore("undefined", "", "", "could not be computed for these codes", False)
    spread = spread_of_values(cell.values)
    sd = "" if math.isnan(spread.sd) else f"{spread.sd:.{digits}f}"
    seeds = f"{spread.num} seeds of the evaluation" if spread.num > 1 else ""
    return BoardScore(f"{cell.mean:.{digits}f}", sd, repr(cell.mean), seeds, is_best)
