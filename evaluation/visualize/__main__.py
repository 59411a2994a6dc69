"""unbraid-visualize: pictures of an exported model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...common.commands.command_line import format_table, progress, run_command
from ...common.errors import UserError
from .kinds import kinds
from .shared.drawing import Drawing
from .shared.flags import build_parser, options_of
from .shared.options import Options

if TYPE_CHECKING:
    from .model import Model

ALL = "all"


def visualize(arguments: argparse.Namespace) -> None:
    from ...common.disk.locks import locked
    from ...export.files.locating import require_existing

    names, options = _chosen_kinds(arguments.kinds), options_of(arguments)
    output_dir = arguments.output_dir or _folder_of(arguments.run) / "visualizations"
    require_existing(arguments.run)
    with locked(output_dir):
        draw(arguments, names, options, output_dir)


def draw(arguments: argparse.Namespace, names: Sequence[str], options: Options, output_dir: Path) -> None:
    """Draws and saves what was chosen, and prints what was written and what was left out."""
    from ...export.reading.checkpoint_cache import exported_checkpoint, gin_flags
    from .model import open_model
    from .shared.saving import save

    folder = exported_checkpoint(arguments.run, output_dir, arguments.data_set, flags=gin_flags(arguments.gin_bindings))
    model = open_model(folder, arguments.backend, arguments.device, arguments.data_set, tuple(arguments.gin_bindings))
    model.progress = progress
    rows: list[tuple[str, str, str]] = []
    skipped: list[str] = []
    try:
        with progress(unit="picture", desc="drawing") as bar:
            for name, drawing in _drawings(model, names, options, skipped, ALL in arguments.kinds):
                rows.append((name, str(save(drawing, output_dir, arguments.format)), drawing.about))
                bar.update()
    finally:  # what was written before an error is told as well
        if rows:
            print(_left_aligned(("kind", "file", "what it shows"), rows))
    for sentence in skipped:
        print(f"left out: {sentence}")
    if not rows:
        raise UserError(f"Nothing of {', '.join(names)} can be drawn of {arguments.run}.")


def _drawings(model: Model, names: Sequence[str], options: Options, skipped: list[str],
              may_skip: bool) -> Iterator[tuple[str, Drawing]]:
    """The drawings of each kind; with `all` one that lacks a part of the model is skipped, and said why."""
    from .model import MissingPartError

    for name in names:
        try:
            drawings = kinds()[name](model, options)
            for drawing in drawings if may_skip else list(drawings):  # asked for by name: whole or not at all
                yield name, drawing
        except MissingPartError as error:
            if not may_skip:
                raise
            skipped.append(f"{name}. {error}")


def _chosen_kinds(names: Sequence[str]) -> list[str]:
    """Raises UserError for a kind that there is not."""
    registered = kinds()
    for name in names:
        if name != ALL:
            registered[name]
    return list(registered) if ALL in names else list(dict.fromkeys(names))


def _folder_of(run: Path) -> Path:
    """The run that a path belongs to."""
    folder = run.parent if run.is_file() else run
    return folder.parent if folder.name.startswith("representation") else folder


def _left_aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts, all but the last padded to the left."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (header, *rows)]
    table = format_table(padded[0], padded[1:])
    return "\n".join(line.rstrip() for line in table.splitlines())


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(visualize, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
