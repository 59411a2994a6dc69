"""unbraid-train: trains the model a gin configuration describes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..common.commands.command_line import add_gin_arguments, run_command


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 for input that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="unbraid-train", description="Trains the model that a gin configuration describes.",
        epilog="Example: unbraid-train --gin_config quickstart_beta_vae --model_dir runs/beta_vae/model")
    parser.add_argument("--model_dir", required=True, type=Path,
                        help="directory to write: checkpoint.pt, train_log.csv, tensorboard/ and results/")
    add_gin_arguments(parser)
    parser.add_argument("--split", type=float, metavar="SHARE",
                        help="train on this share of the images, such as 0.9, and evaluate on the others; the same as "
                             "the binding dataset.split")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace an existing training in model_dir")
    existing.add_argument("--resume", action="store_true",
                          help="continue from the checkpoint in model_dir; start a new training if there is none")
    parser.add_argument("--device", choices=["cpu", "cuda", "auto"], default="auto",
                        help="device to train on; auto uses CUDA if available (default: %(default)s)")
    return run_command(_train, parser, argv)


def _train(arguments: argparse.Namespace) -> None:
    from ..common.commands.line_progress import steps_progress
    from ..common.configuration.config_names import TRAININGS, find_config
    from ..common.configuration.parsing import configured
    from ..common.disk.locks import locked
    from .running.placement import resolve_device
    from .running.train import train

    device = resolve_device(arguments.device)
    gin_config = [find_config(name, TRAININGS) for name in arguments.gin_config]
    split = [] if arguments.split is None else [f"dataset.split = {arguments.split}"]
    with configured(gin_config, [*split, *arguments.gin_bindings]), locked(arguments.model_dir):
        train(arguments.model_dir, overwrite=arguments.overwrite, resume=arguments.resume, device=device,
              progress=steps_progress)


if __name__ == "__main__":
    sys.exit(main())
