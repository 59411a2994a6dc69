"""What is missing from a table, and the commands that would fill it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ....common.commands.shell import command_line
from ..reading.scores import Model, unquoted
from .columns import NOT_RECORDED, Column, cell_of

POSTPROCESS = "postprocess.postprocess_fn"


def missing_columns(model: Model, columns: Iterable[Column]) -> list[Column]:
    """Columns of the model's data set in which it has no score."""
    return [column for column in columns if column.data_set == model.data_set and cell_of(model, column) is None]


def fill_commands(models: Iterable[Model], columns: Sequence[Column]) -> dict[str, list[str]]:
    """For each model with gaps, by name, the commands that compute what is missing.

    A metric whose settings are told apart by rows has no gaps: nobody wants every model under every setting."""
    models = list(models)
    apart = {result.metric for model in models for result in model.results if result.set_apart}
    columns = [column for column in columns if column.metric not in apart]
    gaps = {model.name: commands_for(model, missing_columns(model, columns)) for model in models
            if not model.first.set_apart}
    return {name: commands for name, commands in gaps.items() if commands}


def commands_for(model: Model, columns: Iterable[Column]) -> list[str]:
    """One command for all metrics in their usual settings, and one for each that has settings of its own."""
    usual: dict[str, None] = {}
    commands: dict[str, None] = {}
    for column in columns:
        if column.settings:
            commands.update(dict.fromkeys(_commands_with_settings(model, column.metric, dict(column.settings))))
        else:
            usual[column.metric] = None
    if not usual:
        return list(commands)
    output = model.first.run / "metrics" / model.first.variant
    return [evaluate_command(_representation(model), output, list(usual), _data_set(model)), *commands]


def evaluate_command(representation: Path, output: Path, metrics: Sequence[str], bindings: Sequence[str] = (),
                     options: Sequence[str] = ("--resume",)) -> str:
    """The command that scores a representation into OUTPUT/METRIC."""
    output = output / metrics[0] if len(metrics) == 1 else output
    return command_line(["unbraid-evaluate", "--model_dir", str(representation), "--output_dir", str(output), *options,
                       "--gin_config", *metrics, *(["--gin_bindings", *bindings] if bindings else [])])


def _commands_with_settings(model: Model, metric: str, settings: Mapping[str, str]) -> list[str]:
    """Into a folder of its own, so that scores under other settings stay."""
    run, commands, representation = model.first.run, [], _representation(model)
    postprocess = unquoted(settings.get(POSTPROCESS, "")).removesuffix("_representation")
    if postprocess and unquoted(model.first.settings.get(POSTPROCESS, "")) != f"{postprocess}_representation":
        representation = run / f"representation_{postprocess}"
        commands.append(command_line(["unbraid-export", "--model_dir", str(run / "model"), "--output_dir",
                                    str(representation), "--gin_config", postprocess]))
    bindings = [f"{name} = {value}" for name, value in settings.items()
                if value != NOT_RECORDED and name != POSTPROCESS]
    slug = "_".join([metric, *(re.sub(r"\W+", "_", binding.split(".")[-1]) for binding in bindings), postprocess])
    scored = [f"evaluation.name = '{metric}'", *_data_set(model), *bindings]
    words = ["unbraid-evaluate", "--model_dir", str(representation), "--output_dir",
             str(run / "metrics" / slug.strip("_")), "--gin_config", metric, "--gin_bindings", *scored]
    return [*commands, command_line(words)]


def _representation(model: Model) -> Path:
    """Where the scored representation lies; a study's second one, such as "sampled", has a folder of its own."""
    variant = model.first.variant
    return model.first.run / (f"representation_{variant}" if variant else "representation")


def _data_set(model: Model) -> list[str]:
    """The binding that names the data set, where the representation does not say."""
    return [] if "postprocess_config.dataset.name" in model.first.row else model.first.data_set_bindings
