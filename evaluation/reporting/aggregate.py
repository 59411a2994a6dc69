"""unbraid-aggregate: results of many runs as one file, as a table for a paper, or as a leaderboard."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...common.commands.command_line import INCOMPLETE, progress, run_command
from ...common.errors import UnknownNameError, UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .comparing.columns import Column
    from .comparing.grouping import Group
    from .reading.result_files import ResultRows
    from .reading.scores import Model
    from .tables.score_tables import ScoreTable

DEFAULT_FOLDERS = ("output", "runs")  # where unbraid-reproduce writes, and where the documentation writes


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-aggregate",
        description="Collects the results of many runs: disentanglement_lib's aggregated JSON, CSV or Parquet; a table "
                    "of means and standard deviations for a paper; a leaderboard.",
        epilog="Examples: unbraid-aggregate --result_file_pattern runs --output_path results.json results.csv.  "
               "unbraid-aggregate --result_file_pattern runs --group_by method vae.beta --table table.tex.  "
               "unbraid-aggregate --leaderboard runs.  Result files that cannot be read are named and left out; the "
               "exit status is then 1, and 2 when nothing was written.")
    from .reading.labels import add_label_argument

    inputs = parser.add_argument_group("input")
    inputs.add_argument("--result_file_pattern", nargs="+", metavar="PATTERN",
                        help="glob patterns of result files (in quotes), folders of runs, or aggregated JSON files "
                             f"(default: the folders {' and '.join(DEFAULT_FOLDERS)})")
    inputs.add_argument("--data_set", nargs="+", default=[], metavar="NAME", help="use only scores on these data sets")
    add_label_argument(inputs)
    outputs = parser.add_argument_group("output")
    outputs.add_argument("--output_path", nargs="+", type=Path, default=[], metavar="FILE",
                         help="one row per result file: .json in disentanglement_lib's format, .csv or .parquet")
    outputs.add_argument("--table", nargs="+", type=Path, default=[], metavar="FILE",
                         help="means and standard deviations: .md or .tex ready for a paper, or .csv")
    outputs.add_argument("--leaderboard", type=Path, nargs="+", default=[], metavar="PATH",
                         help="a folder: writes leaderboard.html and leaderboard.md there for all runs below it; or a "
                              ".html or .md file for the results of --result_file_pattern")
    outputs.add_argument("--figure", nargs="+", type=Path, default=[], metavar="FILE",
                         help="groups compared, .svg, .pdf or .png: local scores by radius with their spread, other "
                              "scores as violins with every model as a point")
    outputs.add_argument("--scatter", nargs=3, action="append", default=[], metavar=("SCORE", "SCORE", "FILE"),
                         help="one score against another, a point for each model")
    tables = parser.add_argument_group("tables")
    tables.add_argument("--group_by", nargs="+", metavar="KEY",
                        help="what rows stand for: method, model, data_set, step or training bindings such as "
                             "vae.beta (default: the method and every binding that differs, except seeds)")
    tables.add_argument("--scores", nargs="+", default=[], metavar="METRIC[:KEY]",
                        help="columns, in order, such as mig dci:completeness (default: headline scores)")
    tables.add_argument("--test", choices=("welch", "paired"),
                        help="also print a t test of every two groups in every column: welch for independent models, "
                             "paired for models trained with the same seeds")
    tables.add_argument("--spread", choices=("sd", "interval"), default="sd",
                        help="what stands after ±: the standard deviation over models, or half of the 95 %% interval "
                             "of their mean (default: sd)")
    tables.add_argument("--digits", type=int, default=4, help="digits after the decimal point (default: 4)")
    return parser


def aggregate(arguments: argparse.Namespace) -> int:
    """Writes what was asked for and prints a table; returns 1 when a result file could not be read, else 0."""
    from ...common.disk.files import all_or_none
    from ...common.disk.locks import locked

    boards = leaderboard_files(arguments.leaderboard)
    check_outputs(arguments, boards)
    figures = [*arguments.figure, *(Path(file) for *_, file in arguments.scatter)]
    outputs = [*arguments.output_path, *arguments.table, *boards, *figures]
    with contextlib.ExitStack() as stack:
        for path in outputs:
            stack.enter_context(locked(path))
        read = read_results(arguments)
        with all_or_none():
            write_files(read, boards, arguments)
    for path in outputs:
        print(f"Written: {path}")
    for sentence in read.broken:
        print(f"unbraid-aggregate: left out: {sentence}", file=sys.stderr)
    return INCOMPLETE if read.broken else 0


def leaderboard_files(paths: Sequence[Path]) -> list[Path]:
    """The files of --leaderboard: a page and Markdown in a folder, or those named."""
    from .pages.leaderboard import OUTPUTS

    return [file for path in paths
            for file in ([path / f"leaderboard{suffix}" for suffix in OUTPUTS] if path.is_dir() else [path])]


def check_outputs(arguments: argparse.Namespace, boards: Sequence[Path]) -> None:
    """Raises UserError for a file of a kind that cannot be written, before anything is read."""
    from .comparing.group_plots import check_figure
    from .data_frame import check_format
    from .pages.leaderboard import OUTPUTS
    from .tables.paper_tables import WRITERS

    for path in arguments.output_path:
        check_format(path)
    for path in arguments.table:
        check_format(path, list(WRITERS))
    for path in boards:
        check_format(path, OUTPUTS)
    for path in (*arguments.figure, *(Path(file) for *_, file in arguments.scatter)):
        check_figure(path)
    if not 0 <= arguments.digits <= 15:
        raise UserError(f"--digits is {arguments.digits}; expected 0 to 15.")


def _default_folders() -> list[str]:
    return [folder for folder in DEFAULT_FOLDERS if Path(folder).is_dir()] or [DEFAULT_FOLDERS[0]]


def read_results(arguments: argparse.Namespace) -> ResultRows:
    """All rows of the chosen data sets.  Raises UserError when there are none, or an output would replace an input."""
    from .reading.labels import label
    from .reading.result_files import find_result_files, read_result_files
    from .reading.scores import Result, results_of

    folders = [path for path in arguments.leaderboard if path.is_dir()]
    files = find_result_files(arguments.result_file_pattern or folders or _default_folders())
    inputs = {os.path.realpath(path) for path in files}
    for path in (*arguments.output_path, *arguments.table):
        if os.path.realpath(path) in inputs:
            raise UserError(f"{path} is one of the files to read; give another --output_path.")
    read = read_result_files(files, progress)
    if not read.rows:
        raise UserError(f"None of the {len(files)} result files can be read. The first: {read.broken[0]}")
    label(read.rows, arguments.labels)
    if arguments.data_set:
        results: list[Result] = results_of(read.rows)
        known = {result.data_set for result in results}
        for name in arguments.data_set:
            if name not in known:
                raise UnknownNameError("data set in the results", name, known)
        read.rows = [result.row for result in results if result.data_set in arguments.data_set]
    return read


def write_files(read: ResultRows, boards: Sequence[Path], arguments: argparse.Namespace) -> None:
    """Everything is made before the first file is written; the aggregate needs no scores, the tables do."""
    from ..visualize.shared.drawing import Drawing
    from ..visualize.shared.saving import save
    from .comparing.setting_rows import with_setting_rows
    from .data_frame import data_frame, write_frame
    from .pages.leaderboard import boards_of, report_links, write_leaderboard
    from .reading.scores import models_of, results_of
    from .tables.paper_tables import write_table

    models = with_setting_rows(models_of(results_of(read.rows)))
    if not models and (boards or arguments.table or arguments.figure or arguments.scatter or arguments.test):
        raise UserError("The result files hold no scores, so there is nothing for a table. Expected keys such as "
                        "evaluation_results.discrete_mig.")
    table = make_table(models, arguments) if models else None
    figures = make_figures(models, arguments)
    made = {folder: boards_of(models, arguments.scores, arguments.digits, report_links(folder))
            for folder in {path.parent for path in boards}}
    if arguments.output_path:
        frame = data_frame(read.rows)
        for path in arguments.output_path:
            write_frame(frame, path)
    if table:
        show_table(table)
        for path in arguments.table:
            write_table(table, path)
    for path, figure in figures:
        save(Drawing(path.stem, "groups of models compared", figure), path.parent, path.suffix[1:])
    if arguments.test:
        show_tests(models, arguments)
    for path in boards:
        write_leaderboard(made[path.parent], path, len(read.rows), read.broken)


def groups_and_columns(models: Sequence[Model], arguments: argparse.Namespace,
                       scores: Sequence[str] = ()) -> tuple[list[Group], list[Column]]:
    """What the tables compare.  Raises UserError for a key or score that does not exist."""
    from .comparing.columns import columns_of
    from .comparing.grouping import groups_of

    results = [result for model in models for result in model.results]
    return groups_of(models, arguments.group_by), columns_of(results, scores or arguments.scores)


def make_table(models: Sequence[Model], arguments: argparse.Namespace) -> ScoreTable:
    """Groups against scores.  Raises UserError for a key or score that does not exist."""
    from .tables.score_tables import score_table

    return score_table(*groups_and_columns(models, arguments), arguments.digits, arguments.spread)


def make_figures(models: Sequence[Model], arguments: argparse.Namespace) -> list[tuple[Path, Figure]]:
    """The figures asked for, with the files they go to.  Raises UserError as `make_table` does."""
    from .comparing.group_plots import groups_figure, scatter_figure

    figures = [(path, groups_figure(*groups_and_columns(models, arguments))) for path in arguments.figure]
    for x_score, y_score, file in arguments.scatter:
        groups, columns = groups_and_columns(models, arguments, [x_score, y_score])
        if len(columns) != 2:
            raise UserError(f"--scatter {x_score} {y_score} needs one column for each score, but the results hold "
                            f"{len(columns)} under different settings or on several data sets. Choose with --data_set, "
                            "or give narrower --result_file_pattern.")
        figures.append((Path(file), scatter_figure(groups, columns[0], columns[1])))
    return figures


def show_tests(models: Sequence[Model], arguments: argparse.Namespace) -> None:
    """Prints the t tests."""
    from .comparing.group_tests import compare, comparison_table

    print(comparison_table(compare(*groups_and_columns(models, arguments), arguments.test), arguments.test))


def show_table(table: ScoreTable) -> None:
    """Prints it with its notes and a command that fills gaps."""
    from .tables.score_tables import MAX_NOTES, plain_table

    print(plain_table(table))
    for note in table.notes[:MAX_NOTES]:
        print(note)
    if table.commands:
        print(f"Gaps are filled by {len(table.commands)} command(s), such as\n  {table.commands[0]}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(aggregate, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
