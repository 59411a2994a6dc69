"""Many scores in one run: several metrics, models and seeds, each model's images encoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.configuration import bound, configured
from ...common.files import refuse_existing, write_json
from ...common.results import read_json
from ..reporting.figures import draw_heat_maps
from .evaluate import Evaluator, load_metrics, takes
from .repeats import summarise

Results = dict[str, Any]


@dataclass(frozen=True)
class Study:
    """What is scored and where the results go.

    configs: name of a metric to its config files.  repeats: seeds per metric, counted up from the config's own.
    With several models each has a folder of its own; a metric that compares models gets one beside them.
    presets: name of a metric to the preset it was chosen by, if any, which its results record."""

    output_dir: Path
    configs: Mapping[str, Sequence[str]]
    bindings: Sequence[str] = ()
    overwrite: bool = False
    resume: bool = False
    repeats: int = 1
    figures: bool = False
    presets: Mapping[str, str] = field(default_factory=dict)
    finished: Callable[[str], Any] = field(default=lambda name: None)  # told after each metric

    def tasks(self, models: Iterable[str]) -> list[tuple[str, str]]:
        """(model, metric) in order; the model is "" for a metric that compares all of them."""
        together = [name for name in self.configs if self._compares_models(name)]
        return [(model, name) for model in models for name in self.configs if name not in together] + [
            ("", name) for name in together]

    def refuse_existing(self, models: Sequence[str]) -> None:
        """Raises ExistingOutputError when results exist and may be neither kept nor replaced."""
        if not self.resume:
            for model, name in self.tasks(models):
                refuse_existing(self.folder(model, name, len(models)), self.overwrite)

    def run(self, evaluators: Mapping[str, Evaluator]) -> dict[str, dict[str, Results]]:
        """Results by model and metric; "all models" stands for those that compare."""
        first = next(iter(evaluators.values()))
        first.others = [evaluator for evaluator in evaluators.values() if evaluator is not first]
        results: dict[str, dict[str, Results]] = {}
        for model, name in self.tasks(evaluators):
            folder = self.folder(model, name, len(evaluators))
            found = self._score(evaluators.get(model, first), name, folder)
            results.setdefault(model or "all models", {})[name] = found
            self.finished(name)
        return results

    def folder(self, model: str, name: str, num_models: int) -> Path:
        """OUTPUT for one metric of one model, OUTPUT/METRIC for several, OUTPUT/MODEL/METRIC for several models."""
        if num_models > 1:
            return self.output_dir / model / name
        return self.output_dir / name if len(self.configs) > 1 else self.output_dir

    def _compares_models(self, name: str) -> bool:
        load_metrics()
        with configured(self.configs[name], self.bindings):
            return takes("representation_functions")

    def _score(self, evaluator: Evaluator, name: str, folder: Path) -> Results:
        """Scores one metric with each seed; the first seed's results lie in `folder`, others in repeats/SEED there."""
        with configured(self.configs[name], self.bindings):
            step = "validation" if bound("validation.validation_fn") is not None else "evaluation"
            seed = int(bound(f"{step}.random_seed", 0))  # type: ignore[call-overload]
        results = []
        for repeat in range(self.repeats):
            place = folder if not repeat else folder / "repeats" / str(seed + repeat)
            seeded = [f"{step}.random_seed = {seed + repeat}"] if repeat else []
            found = self._finished(evaluator, name, place, seeded) if self.resume else None
            if found is None:
                named = [f"{step}.name = '{name}'"] if len(self.configs) > 1 else []
                named += [f"{step}.preset = '{self.presets[name]}'"] if name in self.presets else []
                found = evaluator.evaluate(place, self.overwrite or self.resume, self.configs[name],
                                           [*named, *self.bindings, *seeded])
                if self.figures:
                    draw_heat_maps(place / "artifacts")
            results.append(found)
        if self.repeats == 1:
            return results[0]
        summary = summarise(results)
        write_json(folder / "repeats.json", summary)
        return results[0] | {key: of_key["mean"] for key, of_key in summary.items()} | {"repeats": summary}

    def _finished(self, evaluator: Evaluator, name: str, folder: Path, seeded: Sequence[str]) -> Results | None:
        """Results that exist in a folder, of this very artifact under these very settings."""
        for step in ("evaluation", "validation"):
            file = folder / "results" / "json" / f"{step}_results.json"
            if file.is_file():
                settings = evaluator.settings_sha256(self.configs[name], [*self.bindings, *seeded])
                found = read_json(file)
                if (found.get("artifact_sha256"), found.get("settings_sha256")) == (
                        evaluator.representation.sha256, settings):
                    return found
        return None


def model_names(paths: Sequence[Path]) -> list[str]:
    """A name for each model: of its run where it is a folder called representation, else of the folder or file."""
    names: list[str] = []
    for path in paths:
        name = path.resolve().parent.name if path.name == "representation" else path.resolve().stem
        names.append(name if name not in names else f"{name}_{len(names)}")
    return names
