"""Which models a study consists of: numbers of a published one, or models that exist."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..common.checking.values import counted
from ..common.errors import UserError
from ..evaluation.protocol.evaluate import metric_configs
from ..evaluation.protocol.presets import DEFAULT_PRESET, metrics_of_preset
from ..evaluation.protocol.resolved import resolve
from ..evaluation.protocol.study import model_names
from ..training.studies.registry import studies
from ..training.studies.reproduce import commands
from .task import Task


def numbers_of(text: str, num_models: int) -> list[int]:
    """Model numbers of "all", "7" or "0-9,12,20-29".  Raises UserError for anything else."""
    if text == "all":
        return list(range(num_models))
    numbers: dict[int, None] = {}
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first, last = (counted(found[1]), counted(found[2] or found[1])) if found else (None, None)
        if first is None or last is None or last < first:
            raise UserError(f"--model_num {text}: {part!r} is no number or range; expected such as 0-99, 3,7,20-29 or "
                            "all.")
        if last >= num_models:
            raise UserError(f"--model_num {text}: the study has the models 0 to {num_models - 1}; got {last}.")
        numbers.update(dict.fromkeys(range(first, last + 1)))
    return list(numbers)


def tasks_of_study(study: str, model_num: str, output: Path, cores: int, bindings: Sequence[str],
                   metrics: Sequence[str] | None, preset: str | None) -> list[Task]:
    """Train, export and score models of a published study into OUTPUT/NUMBER."""
    return [Task(str(number), str(output / str(number)),
                 tuple(tuple(_with_jobs(command, cores))
                       for command in commands(study, number, output / str(number), bindings, metrics, preset)))
            for number in numbers_of(model_num, studies()[study].num_models)]


def tasks_of_models(patterns: Sequence[str], output: Path, cores: int, configs: Sequence[str],
                    bindings: Sequence[str], preset: str | None) -> list[Task]:
    """Score models that exist into OUTPUT/NAME/metrics/METRIC.

    patterns: paths, or glob patterns of files and folders.  configs, bindings, preset: as for unbraid-evaluate.
    Raises UserError for a pattern without a model, a metric that does not exist, or one that compares models."""
    preset = preset if preset or configs else DEFAULT_PRESET
    metrics = metric_configs([*(metrics_of_preset(preset) if preset else []), *configs], bindings)
    together = [name for name, files in metrics.items() if resolve(files, bindings).input == "models"]
    if together:
        raise UserError(f"{together[0]} compares models, and a task scores one; score them with one unbraid-evaluate.")
    arguments = [*(["--preset", preset] if preset else []), *(["--gin_config", *configs] if configs else []),
                 *(["--gin_bindings", *bindings] if bindings else [])]
    paths = [Path(found) for pattern in patterns for found in (sorted(glob.glob(pattern, recursive=True)) or [pattern])]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UserError(f"--models {missing[0]}: nothing matches it. Expected paths or patterns in quotes, such as "
                        "'runs/*/representation'.")
    tasks = []
    for name, path in zip(model_names(paths), paths, strict=True):
        scores = output / name / "metrics"
        scores = scores / next(iter(metrics)) if len(metrics) == 1 else scores
        command = ["unbraid.evaluation", "--resume", "--model_dir", str(path), "--output_dir", str(scores), *arguments]
        tasks.append(Task(name, str(output / name), (tuple(_with_jobs(command, cores)),), tuple(_files_of(path))))
    return tasks


def with_kept_codes(task: Task) -> Task:
    """Returns the task with its codes kept in TASK/codes, which later metrics, presets and seeds of the model use."""
    folder = Path(task.output) / "codes"

    def kept(command: tuple[str, ...]) -> tuple[str, ...]:
        if command[0] != "unbraid.evaluation":
            return command
        model = Path(command[command.index("--model_dir") + 1])  # a study's models may have two representations
        return (*command, "--save_codes", str(folder / f"{model.stem}.npz"))

    return replace(task, commands=tuple(map(kept, task.commands)))


def _with_jobs(command: Sequence[str], cores: int) -> list[str]:
    is_scoring = command[0] == "unbraid.evaluation"
    return [command[0], *(["--jobs", str(cores)] if is_scoring else []), *command[1:]]


def _files_of(path: Path) -> list[str]:
    """The files of a model: itself, or those of its folder and one below, such as representation/."""
    files = [path] if path.is_file() else sorted([*path.glob("*"), *path.glob("*/*")])
    return [str(file) for file in files if file.is_file()]
