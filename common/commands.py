"""What all commands share: one sentence and exit status 2 for bad input, logging, progress bars on a terminal only."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .errors import UserError

BAD_INPUT = 2
INCOMPLETE = 1  # exit status of a command that did what it could, while some of what it was given cannot be read


def run_command(main: Callable[[argparse.Namespace], int | None], parser: argparse.ArgumentParser,
                argv: Sequence[str] | None = None) -> int:
    """Parses `argv`, calls `main`, and returns its exit status: 0 for None, or 2 after one sentence for bad input."""
    parser.add_argument("--verbose", action="store_true", help="log sizes, seeds, elapsed times and decisions")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname).1s %(name)s: %(message)s")
    logging.getLogger(__name__.split(".")[0]).setLevel(logging.INFO if arguments.verbose else logging.WARNING)
    logging.captureWarnings(True)
    try:
        return main(arguments) or 0
    except UserError as error:
        sentence = str(error).split("\n  In call to configurable")[0]  # gin appends where it was
        print(f"{parser.prog}: {sentence}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # the reader, such as head, had enough; nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted.", file=sys.stderr)
        return 130
    return 0


def add_gin_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """The two gin flags of disentanglement_lib's commands; each may be repeated or take several values."""
    group = parser.add_argument_group("configuration")
    group.add_argument("--gin_config", nargs="+", action="extend", default=[], required=required, metavar="FILE",
                       help="gin files, or names of shipped ones (such as mig or local_mig_0_1)")
    group.add_argument("--gin_bindings", nargs="+", action="extend", default=[], metavar="BINDING",
                       help="gin bindings that win over the files, such as 'mig.num_train = 1000'")


def progress(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """A tqdm bar on standard error, shown only when that is a terminal."""
    from tqdm import tqdm

    return tqdm(iterable, disable=None, dynamic_ncols=True, **options)


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain text table: first column to the left, the others to the right."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        return "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:],
                                                                                              strict=True))])

    return "\n".join([line(cells[0]), "  ".join("-" * width for width in widths), *map(line, cells[1:])])
