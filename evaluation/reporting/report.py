"""unbraid-report: one page about a run, or about several side by side."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.commands.command_line import INCOMPLETE, progress, run_command
from ...common.errors import UserError

if TYPE_CHECKING:
    from .reading.runs import Run


MOST_IN_FULL = 12  # runs that a page describes one by one unless told otherwise


def build_parser() -> argparse.ArgumentParser:
    from .reading.labels import add_label_argument

    parser = argparse.ArgumentParser(
        prog="unbraid-report",
        description="Writes one self-contained page that opens from disk without a network: description of the "
                    "model, scores, matrices, pictures, training and configuration. For several runs it starts with a "
                    "comparison.",
        epilog="Examples: unbraid-report runs/beta_vae.  unbraid-report runs/* --output_path comparison.html.  The "
               "page names missing parts with the command that makes them.  Files that cannot be read are named and "
               "left out; the exit status is then 1, and 2 if no page was written.")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN",
                        help="folder with at least one of model/, representation/ and metrics/")
    parser.add_argument("--output_path", type=Path, metavar="FILE",
                        help="page to write (default: RUN/report.html; for several runs report.html in their common "
                             "folder)")
    parser.add_argument("--scores", nargs="+", default=[], metavar="METRIC[:KEY]",
                        help="columns of the comparison, such as mig dci:completeness (default: headline scores)")
    parser.add_argument("--gin_bindings", nargs="+", action="extend", default=[], metavar="BINDING",
                        help="settings of the data set, such as \"custom_data.path = 'my_data.npz'\" (default: those "
                             "recorded in the runs)")
    add_label_argument(parser)
    parser.add_argument("--cite", action="store_true",
                        help="print the BibTeX of the papers that the metrics and methods of the runs come from, and "
                             "write no page")
    parser.add_argument("--compact", action=argparse.BooleanOptionalAction, default=None,
                        help=f"of several runs show the comparison, and one line for each run (default: with more than "
                             f"{MOST_IN_FULL} runs)")
    parser.add_argument("--no_pictures", action="store_true",
                        help="skip everything that runs the model (traversals, Jacobians, reconstructions, KL "
                             "divergences), for example for dozens of runs")
    return parser


def report(arguments: argparse.Namespace) -> int:
    """Writes the page; returns 1 when something could not be read, else 0."""
    from ...common.disk.locks import locked
    from .pages.rendering import write_page
    from .reading.labels import label
    from .reading.scores import results_of

    folders = [path for path in arguments.runs if not path.is_file()] or arguments.runs  # runs/* has files in it too
    output = output_path(arguments.output_path, folders)
    runs, left_out = read_runs(folders)
    if arguments.cite:
        from .citing.bibliography import bibtex_of_runs

        print(bibtex_of_runs(runs))
        return told(runs, left_out)
    label([result.row for run in runs for result in run.results], arguments.labels)
    for run in runs:
        run.results = results_of([result.row for result in run.results])
        run.given_bindings = arguments.gin_bindings
    compact = arguments.compact if arguments.compact is not None else len(runs) > MOST_IN_FULL
    with locked(output):
        write_page(output, "report.html", left_out=left_out,
                   **page_values(runs, arguments.scores, not arguments.no_pictures, compact and len(runs) > 1,
                                 output.parent))
    print(f"Written: {output}")
    return told(runs, left_out)


def told(runs: Sequence[Run], left_out: Sequence[str]) -> int:
    """Names what could not be read, and returns the exit status: 1 where there is something, else 0."""
    broken = [*left_out, *(sentence for run in runs for sentence in run.broken)]
    for sentence in broken:
        print(f"unbraid-report: left out: {sentence}", file=sys.stderr)
    return INCOMPLETE if broken else 0


def read_runs(folders: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """The runs, and a sentence for each folder that is none.  Raises UserError where no folder is one."""
    from .reading.runs import read_run, run_names

    runs, left_out = [], []
    for folder, name in progress(list(zip(folders, run_names(folders), strict=True)), unit="run", desc="reading"):
        try:
            runs.append(read_run(folder, name))
        except UserError as error:
            left_out.append(str(error))
    if not runs:
        raise UserError(left_out[0])
    return runs, left_out


def output_path(given: Path | None, folders: Sequence[Path]) -> Path:
    """Where the page goes.  Raises UserError for a name that no browser takes for a page."""
    if given is None:
        parent = folders[0] if len(folders) == 1 else Path(os.path.commonpath([path.resolve() for path in folders]))
        return parent / "report.html"
    if given.suffix not in (".html", ".htm"):
        raise UserError(f"--output_path {given} ends in {given.suffix or 'nothing'!r}; expected .html.")
    return given


def page_values(runs: Sequence[Run], scores: Sequence[str], with_pictures: bool = True, compact: bool = False,
                folder: Path = Path()) -> dict[str, Any]:
    """What the template shows; pictures need the models to run.

    compact: describes no run by itself.  folder: of the page, from which it links to the runs' own reports."""
    from .citing.bibliography import bibtex_of_runs
    from .comparing.columns import columns_of
    from .comparing.setting_rows import with_setting_rows
    from .pages.comparison import (
        MIN_MODELS,
        group_charts,
        hyperparameter_charts,
        locality_charts,
        rank_correlations,
    )
    from .pages.leaderboard import EXPLANATION, boards_of, report_links
    from .pages.pictures import picture_sections
    from .pages.run_sections import loss_comparison, run_report
    from .reading.scores import models_of

    scored = models_of([result for run in runs for result in run.results])
    models = with_setting_rows(scored)
    columns = columns_of([result for model in models for result in model.results], scores)
    anchors = {result.run: f"#run{number}" for number, run in enumerate(runs) for result in run.results}
    links = report_links(folder) if compact else lambda run: anchors.get(run, "")
    title = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
    return {
        "title": f"Report: {title}", "compact": compact, "runs": [
            run_report(run, number, picture_sections(run, progress) if with_pictures and not compact else [],
                       links(run.folder) if compact else "") for number, run in enumerate(runs)],
        "boards": boards_of(models, scores, links=links), "explanation": EXPLANATION, "min_models": MIN_MODELS,
        "groups": group_charts(models, columns), "locality": locality_charts(scored),
        "hyperparameters": hyperparameter_charts(models, columns),
        "correlations": rank_correlations(models, columns), "losses": loss_comparison(runs),
        "bibtex": bibtex_of_runs(runs),
        "command": "unbraid-report",
    }


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(report, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
