"""One run's folder, read: scores, matrices, training log, the artifact's record, every configuration."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ....common.disk.reading import read_text
from ....common.errors import UserError, one_sentence
from ....export.errors import ArtifactError
from ....export.files.record import Record
from ..charts.heat_maps import HeatMap, read_heat_map
from .result_files import find_result_files, read_result_files
from .scores import UNKNOWN, Result, results_of

LOG_NAME = "train_log.csv"
FOLDERS_OF_SCORES = ("scores", "metrics", "results")  # beside that of the models
MOST_CONFIGURATION = 1 << 20  # bytes


@dataclass
class Run:
    """What a folder holds; None or empty for what is not there, and a sentence in `broken` for what is damaged.

    representation: where the artifact lies.  log: columns of the training log by name.  matrices: metric to heat maps.
    configurations: step, such as "train" or "mig", to its bindings, one a line.  given_bindings: what the user says of
    the data set."""

    folder: Path
    name: str
    results: list[Result] = field(default_factory=list)
    representation: Path | None = None
    record: Record | None = None
    artifact: str = ""
    log: dict[str, list[float]] = field(default_factory=dict)
    matrices: dict[str, list[HeatMap]] = field(default_factory=dict)
    configurations: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    given_bindings: list[str] = field(default_factory=list)

    @property
    def data_set_bindings(self) -> list[str]:
        """What gin has to be told of the run's data set: by the user, else by its scores; empty where they differ."""
        if self.given_bindings:
            return self.given_bindings
        recorded = {tuple(result.data_set_bindings) for result in self.results if result.data_set != UNKNOWN}
        return list(recorded.pop()) if len(recorded) == 1 else []

    @property
    def needed_bindings(self) -> list[str]:
        """What a command on the representation has to be told, where the artifact does not say it."""
        if self.given_bindings or (self.record and self.record.data_set):
            return self.given_bindings
        if "dataset.name" in self.configurations.get("postprocess", ""):
            return []
        return self.data_set_bindings or ["dataset.name = 'NAME'"]

    @property
    def output(self) -> Path:
        """Where scores belong."""
        return self.folder / "metrics"

    @property
    def by_metric(self) -> dict[str, list[Result]]:
        """Results of each metric, one a seed of the evaluation."""
        metrics: dict[str, list[Result]] = {}
        for result in self.results:
            metrics.setdefault(result.metric, []).append(result)
        return dict(sorted(metrics.items()))


def read_run(folder: Path, name: str) -> Run:
    """Reads all there is.  Raises UserError when the folder holds neither scores, nor an artifact, nor a training."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Expected a run: a folder with model/, representation/ or "
                        "metrics/.")
    run = Run(folder, name)
    _read_scores(run)
    _read_artifact(run)
    _read_log(run)
    _read_configurations(run)
    if not (run.results or run.representation or run.log or run.broken):
        raise UserError(f"{folder} holds no run: expected model/, representation/ or metrics/ in it, as unbraid-train, "
                        "unbraid-export and unbraid-evaluate write them.")
    return run


def score_places(folder: Path) -> list[Path]:
    """Where the scores of a run may lie: in it, or beside its folder as unbraid-evaluate writes those of many models,
    such as scores/NAME for models/NAME."""
    beside = [folder.resolve().parents[1] / name / folder.resolve().name for name in FOLDERS_OF_SCORES] \
        if len(folder.resolve().parents) > 1 else []
    return [place for place in (folder / "metrics", folder, *beside) if place.is_dir()]


def _read_scores(run: Run) -> None:
    files: list[Path] = []
    for place in score_places(run.folder):
        with contextlib.suppress(UserError):  # no scores there
            files = files or find_result_files([place])
    read = read_result_files(files)
    run.results = results_of(read.rows)
    run.broken += read.broken
    for folder in sorted({Path(result.row["path"]).parents[2] for result in run.results}):
        _read_matrices(run, folder)


def _read_matrices(run: Run, metric_folder: Path) -> None:
    if metric_folder.parent.name == "repeats":  # those of the first seed are shown
        return
    for path in sorted((metric_folder / "artifacts").glob("*.npz")):
        try:
            run.matrices.setdefault(metric_folder.name, []).append(read_heat_map(path))
        except ValueError as error:
            run.broken.append(str(error))


def _read_artifact(run: Run) -> None:
    """The representation of a run, or what unbraid-evaluate made of somebody's checkpoint, beside its scores."""
    from ....export.reading.artifact import find_artifact, load_representation

    for place in (run.folder, Path(f"{run.output}.representation"), Path(f"{run.folder.resolve()}.representation")):
        try:
            path, _ = find_artifact(place)
        except ArtifactError:
            continue
        try:
            representation = load_representation(place)
            run.representation, run.record, run.artifact = path.parent, representation.record, path.name
        except UserError as error:
            run.broken.append(str(error))
        return


def _read_log(run: Run) -> None:
    path = run.folder / "model" / LOG_NAME
    if not path.is_file():
        return
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path, "a training log"), newline="")))
        run.log = {name: [_number(row[name]) for row in rows] for name in (rows[0] if rows else ()) if name}
    except UserError as error:
        run.broken.append(str(error))
    except (ValueError, TypeError, csv.Error) as error:
        run.broken.append(one_sentence(f"{path} cannot be read as a training log: {error}."))


def _read_configurations(run: Run) -> None:
    """Training and export as their own folders say, else as the scores do; then one for each metric."""
    for folder in ("model", "representation"):
        for path in sorted((run.folder / folder / "results" / "gin").glob("*.gin")):
            _read_configuration(run, path, path.stem)
    for result in run.results:
        for path in sorted((Path(result.row["path"]).parents[1] / "gin").glob("*.gin")):
            name = result.metric if path.stem == result.step else path.stem
            _read_configuration(run, path, name)
    if run.record and run.record.gin_config:
        run.configurations.setdefault("recorded in the artifact", _bindings(run.record.gin_config))


def _read_configuration(run: Run, path: Path, name: str) -> None:
    """Keeps what `path` says under a name, unless it is known already."""
    if name in run.configurations:
        return
    try:
        run.configurations[name] = _bindings(read_text(path, "a gin configuration", MOST_CONFIGURATION))
    except UserError as error:
        run.broken.append(str(error))


def _bindings(text: str) -> str:
    """gin's text without its headings."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def run_names(folders: Sequence[Path]) -> list[str]:
    """The folders' own names, with as much of what lies above as tells them apart."""
    from .scores import short_names

    paths = [str(folder.resolve()) for folder in folders]
    names = short_names(paths)
    return [names[path] for path in paths]


def _number(text: str | None) -> float:
    return float(text) if text else math.nan
