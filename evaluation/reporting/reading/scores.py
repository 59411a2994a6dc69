"""What a result file says, in the field's words: which model, data set, method, metric, settings, and the scores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ....common.configuration.parsing import CONFIG_ROOT
from ....ground_truth.catalogue.recorded import NAMED_BY, display_name, needed
from ..declared.headlines import headline
from .result_files import STEPS, Row

UNKNOWN = "unknown"
# Of a training's configuration what tells repeats of one setting apart, and the method, which has a key of its own.
NOT_HYPERPARAMETERS = ("model.random_seed", "model.data_seed", "model.model_num", "model.name", "model.model")
# Of an evaluation's configuration what changes no score, or only as a seed does.
NOT_SETTINGS = {"evaluation.name", "evaluation.random_seed", "evaluation.global_seed", "evaluation.on_degenerate",
                "validation.name", "validation.random_seed", "dataset.name"}


@dataclass(frozen=True)
class Result:
    """One metric of one model under one seed.

    run: the folder that holds `metrics/`.  variant: what lies between, such as "mean" in metrics/mean/mig.
    set_apart: settings of the metric that count as properties of the model, see `setting_rows`."""

    row: Row
    run: Path
    variant: str
    folder_name: str
    set_apart: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Names the model that was scored: its run, and the variant where there is one."""
        return str(self.run / self.variant) if self.variant else str(self.run)

    @cached_property
    def step(self) -> str:
        """"evaluation" or "validation"."""
        return next(step for step in STEPS if _has(self.row, f"{step}_results."))

    @cached_property
    def metric(self) -> str:
        """Name in the configuration, else of the folder where that is a shipped config, else of the function."""
        named = unquoted(self.row.get(f"{self.step}_config.{self.step}.name"))
        function = self.row.get(f"{self.step}_config.{self.step}.{self.step}_fn")
        return named or (self.folder_name if self.folder_name in shipped_metrics() else "") or unquoted(function)

    @cached_property
    def data_set(self) -> str:
        """What the data set it was scored on is called: own data by `custom_data.name` or by its file."""
        name, bindings = self._data
        return display_name(name, bindings)

    @cached_property
    def data_set_bindings(self) -> list[str]:
        """What gin has to be told of the data set."""
        name, bindings = self._data
        lines = [f"{key} = {value}" for key, value in bindings.items() if name in NAMED_BY]
        return [f"dataset.name = '{name}'", *needed(lines)]

    @cached_property
    def _data(self) -> tuple[str, dict[str, str]]:
        """gin's name of the data set, and the bindings of own data, from the latest step that records them."""
        for step in (self.step, "postprocess", "train"):
            if name := self.row.get(f"{step}_config.dataset.name"):
                prefix = f"{step}_config."
                return unquoted(name), {key.removeprefix(prefix): str(value) for key, value in self.row.items()
                                        if key.startswith((f"{prefix}custom_data.", f"{prefix}points."))}
        return UNKNOWN, {}

    @cached_property
    def method(self) -> str:
        """gin's name of the training objective, else what the artifact recorded."""
        recorded = self.row.get("train_config.model.model") or self.row.get(f"{self.step}_results.artifact_method")
        return unquoted(recorded) or UNKNOWN

    @cached_property
    def numbers(self) -> dict[str, float | None]:
        """Scores by key; None for one that could not be computed."""
        prefix = f"{self.step}_results."
        return {key.removeprefix(prefix): value for key, value in self.row.items() if key.startswith(prefix)
                and (value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)))}

    @cached_property
    def settings(self) -> dict[str, str]:
        """What decides the score beside model, data set and seed: the metric's bindings, and mean or sampled."""
        return {name: value for name, value in self._all_settings.items() if name not in self.set_apart}

    @cached_property
    def _all_settings(self) -> dict[str, str]:
        prefix = f"{self.step}_config."
        found = {key.removeprefix(prefix): str(value) for key, value in self.row.items()
                 if key.startswith(prefix) and key.removeprefix(prefix) not in NOT_SETTINGS}
        if unquoted(found.pop("custom_data.name", "")):  # says that data are the same wherever they lie
            found.pop("custom_data.path", None)
        postprocess = self.row.get("postprocess_config.postprocess.postprocess_fn")
        return found | ({"postprocess.postprocess_fn": str(postprocess)} if postprocess else {})

    @cached_property
    def hyperparameters(self) -> dict[str, str]:
        """Training bindings without the method and what differs between seeds."""
        return {name: value for name, value in self.training.items() if name not in NOT_HYPERPARAMETERS}

    @cached_property
    def training(self) -> dict[str, str]:
        """Training bindings by name, without the step, and the settings that are set apart."""
        apart = {name: self._all_settings[name] for name in self.set_apart if name in self._all_settings}
        return apart | {key.removeprefix("train_config."): str(value) for key, value in self.row.items()
                        if key.startswith("train_config.")}

    @cached_property
    def headline(self) -> tuple[str, float | None]:
        """Key and value of the number the metric is quoted by."""
        return headline(self.numbers)


@dataclass
class Model:
    """All results of one model on one data set."""

    name: str
    data_set: str
    results: list[Result] = field(default_factory=list)

    @property
    def first(self) -> Result:
        return self.results[0]

    @property
    def seed(self) -> str:
        """The training seed, as text; "" where none is recorded."""
        return self.first.training.get("model.random_seed", "")


def results_of(rows: Iterable[Row]) -> list[Result]:
    """The rows that hold scores, each once; those of a training or an export alone are left out."""
    found = [Result(row, *_place(Path(row["path"]))) for row in rows
             if any(_has(row, f"{step}_results.") for step in STEPS)]
    return list({result.row.get(f"{result.step}_results.uuid", result.row["path"]): result
                 for result in found}.values())


def models_of(results: Sequence[Result]) -> list[Model]:
    """Results by model and data set; names are as short as they can be and still tell the models apart."""
    short = short_names([result.model for result in results])
    models: dict[tuple[str, str], Model] = {}
    for result in results:
        key = (result.model, result.data_set)
        models.setdefault(key, Model(short[result.model], result.data_set)).results.append(result)
    return list(models.values())


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Each path to what is left of it after the folder that all share; of a single path its last part."""
    distinct = list(dict.fromkeys(paths))
    if len(distinct) < 2:
        return {path: Path(path).name or path for path in distinct}
    parent = os.path.commonpath([os.path.abspath(Path(path).parent) for path in distinct])
    return {path: os.path.relpath(path, parent) for path in distinct}


def unquoted(value: Any) -> str:
    """gin's text of a string or a reference as a plain name: `'mig'` and `@scope/mig()` are mig."""
    text = "" if value is None else str(value).strip("'\"")
    return text.removeprefix("@").removesuffix("()").split("/")[-1] if text.startswith("@") else text


@cache
def shipped_metrics() -> set[str]:
    """Names of the metric configurations that come with the package."""
    return {path.stem for folder in ("evaluation", "validation") for path in (CONFIG_ROOT / folder).rglob("*.gin")}


def _place(path: Path) -> tuple[Path, str, str]:
    """Run, variant and metric's folder of RUN[/metrics[/VARIANT]]/METRIC[/repeats/SEED]/results/aggregate/x.json."""
    folder = path.parent.parent.parent
    if folder.parent.name == "repeats":
        folder = folder.parent.parent
    parts = folder.parts
    if "metrics" not in parts:
        return folder.parent, "", folder.name
    place = len(parts) - 1 - parts[::-1].index("metrics")
    return Path(*parts[:place]), "/".join(parts[place + 1:-1]), folder.name


def _has(row: Row, prefix: str) -> bool:
    return any(key.startswith(prefix) for key in row)
