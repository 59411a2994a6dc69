"""unbraid-reproduce: trains a model of a published study by its number, exports and scores it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...common.commands.children import run_child
from ...common.commands.command_line import format_table, run_command
from ...common.commands.shell import command_line
from ...common.commands.signals import Stopped
from ...common.configuration.parsing import find_config
from ...common.disk.files import require_folder
from ...common.disk.locks import locked
from ...common.errors import UserError
from .registry import Study, studies

GOES_ON = "The same command goes on from there."


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-reproduce", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Trains, exports and scores one model of a published study, given by its number.  Finished steps "
                    "are kept,\nso the same command continues a run that was stopped.",
        epilog="Studies:\n" + study_table() + "\n\nExample: unbraid-reproduce --study jl1_vae --list\n"
               "         unbraid-reproduce --study jl1_vae --model_num 10 --output_directory runs/jl1_vae_10")
    parser.add_argument("--study", help="name of the study (default: unsupervised_study_v1)")
    parser.add_argument("--model_num", type=int, help="number of the model in the study")
    parser.add_argument("--list", action="store_true", help="print the studies, or with --study its models")
    parser.add_argument("--output_directory", type=Path, help="default: output/STUDY/MODEL_NUM")
    scored = parser.add_mutually_exclusive_group()
    scored.add_argument("--metrics", nargs="+", metavar="METRIC",
                        help="score with these metric configs instead of the study's; any of unbraid-evaluate --list")
    scored.add_argument("--preset", metavar="NAME", help="score with this preset instead of the study's own")
    parser.add_argument("--gin_bindings", nargs="+", action="extend", default=[], metavar="BINDING",
                        help="bindings that override the study's in training, such as 'model.training_steps = 100'")
    parser.add_argument("--device", choices=["cpu", "cuda"],
                        help="where to train and score (default: train on CUDA where available, score on the CPU)")
    parser.add_argument("--only_print", action="store_true", help="print configuration and commands, run nothing")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 for input that cannot be used."""
    return run_command(_run, build_parser(), argv)


def study_table() -> str:
    """Every study with its number of models and its preset."""
    return format_table(["study", "models", "preset", "paper"],
                        [[name, f"{studies()[name].num_models:,}", studies()[name].preset, studies()[name].about]
                         for name in studies()])


def grid_table(study: Study) -> str:
    """Every grid of a study: its models' numbers, its config, and what changes from model to model."""
    rows, first = [], 0
    for grid in study.grids:
        last = first + grid.num_models - 1
        fixed = [str(value) for name, value in grid.bindings if name in ("dataset.name", "model.name")]
        values = [f"{name} = {', '.join(map(str, each))}" for name, each in grid.swept.items()]
        rows.append((f"{first}-{last}" if last > first else str(first), grid.config, "; ".join([*fixed, *values])))
        first = last + 1
    numbers, config = (max(len(row[column]) for row in rows) for column in range(2))
    return "\n".join(f"{row[0]:<{numbers}}  {row[1]:<{config}}  {row[2]}".rstrip() for row in rows)


def commands(study_name: str, model_num: int, output: Path, bindings: Sequence[str] = (),
             metrics: Sequence[str] | None = None, preset: str | None = None,
             device: str | None = None) -> list[list[str]]:
    """The commands that train, export and score a model, in order.

    The run has one layout: `output`/model, representation and metrics/METRIC; a study's second representation is
    `output`/representation_NAME, with scores in metrics/NAME/METRIC.  `metrics` or `preset` replace the study's own.
    device: where to train and score; None for each command's default.
    Raises UserError for a study, number, metric or preset that does not exist."""
    study = studies()[study_name]
    grid, number = study.find(model_num)
    given = [f"model.name = '{study_name}'" if grid.config != "dlib_shared" else "model.name = 'shared'",
             f"model.model_num = {model_num}", *grid.model_bindings(number), *bindings]
    model_dir = output / "model"
    run = [["unbraid.training", "--resume", "--model_dir", str(model_dir), "--gin_config", grid.config,
            "--gin_bindings", *given]]
    # reference: representations and metrics draw their seeds from one RandomState(0), whichever metrics are chosen.
    random_state = np.random.RandomState(0)
    folders = {name: output / ("representation" if name == study.representations[0] else f"representation_{name}")
               for name in study.representations}
    for name, folder in folders.items():
        seed = f"postprocess.random_seed = {random_state.randint(2**32)}"
        run.append(["unbraid.export", "--resume", "--model_dir", str(model_dir), "--output_dir", str(folder),
                    "--gin_config", f"export/{name}", "--gin_bindings", seed, f"postprocess.name = '{name}'"])
    for name, folder in folders.items():
        seeds = {metric: random_state.randint(2**32) for metric in study.seeded_metrics}
        place = output / "metrics" if name == study.representations[0] else output / "metrics" / name
        if grid.is_scored:
            run += _scoring(folder, place, study, seeds, metrics, preset)
    return [_on_device(command, device) for command in run]


def _on_device(command: list[str], device: str | None) -> list[str]:
    """Exports are made and verified on the CPU, whatever the device."""
    is_export = command[0] == "unbraid.export"
    return command if device is None or is_export else [command[0], "--device", device, *command[1:]]


def _scoring(representation: Path, output: Path, study: Study, seeds: Mapping[str, int],
             metrics: Sequence[str] | None, preset: str | None) -> list[list[str]]:
    """One command for each metric that has a seed of its own, and one for all others together."""
    command = ["unbraid.evaluation", "--resume", "--model_dir", str(representation), "--output_dir"]
    if preset is not None or (metrics is None and not seeds):
        name = study.preset if preset is None else preset
        find_config(f"presets/{name}")
        return [[*command, str(output), "--preset", name]]
    chosen = list(seeds) if metrics is None else list(dict.fromkeys(metrics))
    others = [metric for metric in chosen if metric not in seeds]
    for metric in others:
        find_config(metric)
    run = [[*command, str(output / metric), "--gin_config", metric, "--gin_bindings",
            f"evaluation.random_seed = {seeds[metric]}", f"evaluation.name = '{metric}'"]
           for metric in chosen if metric in seeds]
    if others:
        place = output / Path(others[0]).stem if len(others) == 1 else output
        run.append([*command, str(place), "--gin_config", *others])
    return run


def _run(arguments: argparse.Namespace) -> None:
    if not arguments.list:
        _reproduce(arguments)
    else:
        print(study_table() if arguments.study is None else grid_table(studies()[arguments.study]))


def _reproduce(arguments: argparse.Namespace) -> None:
    name = arguments.study or "unsupervised_study_v1"
    if arguments.model_num is None:
        raise UserError(f"--model_num must be given: a number below {studies()[name].num_models} for {name}; "
                        f"--study {name} --list shows what they are.")
    output = arguments.output_directory or Path("output") / name / str(arguments.model_num)
    run = commands(name, arguments.model_num, output, arguments.gin_bindings, arguments.metrics, arguments.preset,
                   arguments.device)
    print("\n".join(studies()[name].model_bindings(arguments.model_num)), end="\n\n")
    if arguments.only_print:
        print("\n".join(f"python -m {command_line(command)}" for command in run))
        return
    require_folder(output)
    with locked(output):
        for command in run:
            print("python -m", command_line(command), flush=True)
            run_step(command)


def run_step(command: Sequence[str]) -> None:
    """Runs `python -m command`.  Raises UserError where it fails."""
    try:
        failed = run_child(command[0], command[1:]).returncode != 0
    except Stopped as stopped:
        stopped.note = GOES_ON
        raise
    if failed:
        raise UserError(f"{command[0]} failed; what it printed says why. {GOES_ON}")


if __name__ == "__main__":
    sys.exit(main())
