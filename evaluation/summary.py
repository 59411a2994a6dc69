"""Prints one table for several runs: `python -m unbraid.evaluation.summary RUN [RUN ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..common.commands.command_line import run_command
from ..common.errors import UserError
from .reporting.tables.text_tables import model_by_metric, read_results


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unbraid.evaluation.summary",
                                     description="One table, model by metric, of runs that were evaluated.")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder with metrics/NAME/results")
    return parser


def summarise(arguments: argparse.Namespace) -> None:
    results = {}
    for run in arguments.runs:
        results[run.name] = read_results(run / "metrics")
        if not results[run.name]:
            raise UserError(f"{run} holds no scores: expected {run}/metrics/NAME/results. Run unbraid-evaluate "
                            f"--model_dir {run}/representation --output_dir {run}/metrics first.")
    print(model_by_metric(results))


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(summarise, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
