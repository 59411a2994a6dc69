"""Many scores in one run: several metrics, models and seeds, each model's images encoded once for all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ...common.disk.files import refuse_existing, write_json
from ...common.errors import UserError, one_sentence
from ...common.fingerprint import ANY_VERSION
from ...ground_truth.catalogue.recorded import own_bindings
from ..reporting.charts.heat_map_files import draw_missing_heat_maps
from .evaluate import Evaluator
from .repeats import summarise
from .resolved import ResolvedMetric, resolve
from .reuse import reusable_results

logger = logging.getLogger(__name__)

Results = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a study came to: results by model and metric, and the reason for each (model, metric) without a score.

    Metrics that compare models are found under the model "all models"."""

    results: dict[str, dict[str, Results]] = field(default_factory=dict)
    unscored: dict[tuple[str, str], UserError] = field(default_factory=dict)

    def reasons(self) -> dict[str, list[str]]:
        """Each reason once, with what it holds for: metrics, as MODEL/METRIC where there are several models."""
        several = len({model for model, _ in self.unscored} | set(self.results)) > 1
        reasons: dict[str, list[str]] = {}
        for (model, metric), error in self.unscored.items():
            reasons.setdefault(one_sentence(error), []).append(f"{model}/{metric}" if several else metric)
        return reasons


@dataclass(frozen=True)
class Study:
    """What is scored and where the results go.

    configs: name of a metric to its config files.  repeats: seeds per metric, counted up from the config's own.
    With several models each has a folder of its own; a metric that compares models gets one beside them.
    resume: keep results whose fingerprint is today's; "any-version" also keeps those of other versions of unbraid and
    of libraries.  presets: name of a metric to the preset it was chosen by, if any, which its results record.
    model_finished: told after all metrics of each model.
    say: told in a sentence which results were computed again, and why."""

    output_dir: Path
    configs: Mapping[str, Sequence[str]]
    bindings: Sequence[str] = ()
    overwrite: bool = False
    resume: bool | str = False
    repeats: int = 1
    figures: bool = False
    presets: Mapping[str, str] = field(default_factory=dict)
    finished: Callable[[str], Any] = field(default=lambda name: None)  # told after each metric
    model_finished: Callable[[str], Any] = field(default=lambda model: None)
    say: Callable[[str], Any] = field(default=logger.info)

    @cached_property
    def metrics(self) -> dict[str, ResolvedMetric]:
        """What each metric's configuration says, with notes of its name and preset for the results."""
        return {name: resolve(files, self.bindings).with_notes(
                    name=name if len(self.configs) > 1 else None, preset=self.presets.get(name))
                for name, files in self.configs.items()}

    @property
    def data_set(self) -> str:
        """The data set that the first metric's configuration names, or "auto"."""
        return next(iter(self.metrics.values())).data_set

    @property
    def data_bindings(self) -> list[str]:
        """What the first metric's configuration says of own data."""
        return own_bindings(next(iter(self.metrics.values())).all_bindings)

    def tasks(self, models: Iterable[str]) -> list[tuple[str, str]]:
        """(model, metric) in order; the model is "" for a metric that compares all of them."""
        together = [name for name, metric in self.metrics.items() if metric.input == "models"]
        return [(model, name) for model in models for name in self.configs if name not in together] + [
            ("", name) for name in together]

    def refuse_existing(self, models: Sequence[str]) -> None:
        """Raises ExistingOutputError when results exist and may be neither kept nor replaced."""
        if not self.resume:
            for model, name in self.tasks(models):
                refuse_existing(self.folder(model, name, len(models)), self.overwrite)

    def run(self, evaluators: Mapping[str, Evaluator]) -> Outcome:
        """Scores everything that can be scored.

        A metric that asks for what the data or the model does not have is left out, and its reason kept.
        Raises UserError where nothing could be scored."""
        first = next(iter(evaluators.values()))
        first.others = [evaluator for evaluator in evaluators.values() if evaluator is not first]
        outcome = Outcome()
        for model, tasks in groupby(self.tasks(evaluators), key=itemgetter(0)):
            evaluator, of = evaluators.get(model, first), model or "all models"
            for _, name in tasks:
                try:
                    found = self._score(evaluator, self.metrics[name], self.folder(model, name, len(evaluators)))
                    outcome.results.setdefault(of, {})[name] = found
                except UserError as error:
                    outcome.unscored[of, name] = error
                self.finished(name)
            if model:
                self.model_finished(model)
            if len(evaluators) > 1:
                evaluator.views.forget()  # many models do not hold as many tables of codes
        if not outcome.results:
            raise next(iter(outcome.unscored.values()))
        return outcome

    def folder(self, model: str, name: str, num_models: int) -> Path:
        """OUTPUT for one metric of one model, OUTPUT/METRIC for several, OUTPUT/MODEL/METRIC for several models."""
        if num_models > 1:
            return self.output_dir / model / name
        return self.output_dir / name if len(self.configs) > 1 else self.output_dir

    def _score(self, evaluator: Evaluator, metric: ResolvedMetric, folder: Path) -> Results:
        """Scores one metric with each seed; the first seed's results lie in `folder`, others in repeats/SEED there."""
        metric = evaluator.on_own_data(metric)
        results = [self._score_seed(evaluator, metric, folder)]
        for seed in range(metric.random_seed + 1, metric.random_seed + self.repeats):
            results.append(self._score_seed(evaluator, metric.with_seed(seed), folder / "repeats" / str(seed)))
        if self.repeats == 1:
            return results[0]
        summary = summarise(results)
        write_json(folder / "repeats.json", summary)
        return results[0] | {key: of_key["mean"] for key, of_key in summary.items()} | {"repeats": summary}

    def _score_seed(self, evaluator: Evaluator, metric: ResolvedMetric, folder: Path) -> Results:
        fingerprint = evaluator.fingerprint(metric)
        results = None
        if self.resume:
            results = reusable_results(folder, metric.step, fingerprint, self.resume == ANY_VERSION,
                                       say=lambda reason: self.say(f"{folder}: recomputed: {reason}"))
        if results is None:
            results = evaluator.score(metric, folder, self.overwrite or bool(self.resume), fingerprint)
        if self.figures:
            draw_missing_heat_maps(folder / "artifacts")
        return results


def model_names(paths: Sequence[Path]) -> list[str]:
    """A name for each model: of its run where it is a folder called representation, else of the folder or file."""
    names: list[str] = []
    for path in paths:
        name = path.resolve().parent.name if path.name == "representation" else path.resolve().stem
        names.append(name if name not in names else f"{name}_{len(names)}")
    return names
