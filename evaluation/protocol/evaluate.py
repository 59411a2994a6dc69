"""The protocol: one metric under one gin configuration, results where disentanglement_lib puts them."""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from ...common.configuration import CONFIG_ROOT, bind, bound, configured
from ...common.errors import ConfigurationError
from ...common.files import atomic_directory, refuse_existing
from ...common.registry import import_members
from ...common.results import recorded_config, update_result_directory
from ...export.files.record import library_versions
from ...export.reading.artifact import Representation, load_representation
from ...ground_truth.named_data import get_named_ground_truth_data
from ...metrics.context import evaluation_context
from ..compatibility.modules import install
from .model_views import Views
from .validation import compute_validation_scores

logger = logging.getLogger(__name__)

NOTES = tuple(f"{step}.{note} = " for step in ("evaluation", "validation") for note in ("name", "preset"))


@gin.configurable("evaluation", denylist=["ground_truth_data", "representation_function", "artifact_dir"])
def compute_scores(ground_truth_data: Any, representation_function: Callable[[Any], np.ndarray], artifact_dir: str,
                   evaluation_fn: Callable[..., dict[str, Any]] = gin.REQUIRED, random_seed: int = gin.REQUIRED,
                   name: str = "", global_seed: int | str | None = "random_seed",
                   on_degenerate: str = "nan", preset: str = "", scheme: Callable[[Any], Any] | None = None,
                   restart_model_stream: bool = False) -> dict[str, Any]:
    """Scores of one metric, drawn with a fresh `RandomState(random_seed)`; `name`, `preset` are notes for the results.

    global_seed: seeds a stream that stands in for numpy's global one, on which models without a random state draw; by
    default `random_seed`, so that scores are those the original prints after `np.random.seed(random_seed)`.  None
    draws on the global stream itself, "metric" on the stream of the points.
    on_degenerate: "nan" or "raise", for numbers that cannot be computed.
    scheme: another project's way of drawing points, such as `@factors_by_row`.  restart_model_stream: every model draws
    from the start of its stream, as in projects that reseed before each fit.
    A metric without an `artifact_dir` parameter is called without it, as old ones expect."""
    if not _accepts(evaluation_fn, "random_state"):
        raise ConfigurationError(f"evaluation.evaluation_fn is {evaluation_fn.__name__}, which is no metric: it takes "
                                 "no random_state.")
    arguments: dict[str, Any] = {"random_state": np.random.RandomState(random_seed)}
    if _accepts(evaluation_fn, "artifact_dir"):
        arguments["artifact_dir"] = artifact_dir
    else:
        warnings.warn(f"{evaluation_fn.__name__} takes no artifact_dir and is called without.", DeprecationWarning,
                      stacklevel=2)
    seed = random_seed if global_seed == "random_seed" else global_seed
    stream = _model_stream(seed, arguments["random_state"])
    if scheme is not None:
        ground_truth_data = scheme(ground_truth_data)
    with evaluation_context(stream, on_degenerate, restart_model_stream):
        return evaluation_fn(ground_truth_data, representation_function, **arguments)


class Evaluator:
    """Scores one representation with any number of metrics; each image is encoded once for all of them."""

    def __init__(self, representation: Representation, model_dir: Path, report: Callable[[int], Any] | None = None,
                 data_sets: dict[str, Any] | None = None):
        """model_dir: where earlier steps' `results` lie.  report: called with the number of images just encoded.

        data_sets: those made so far by name, for evaluators to share."""
        self.representation = representation
        self.previous_results = (model_dir if model_dir.is_dir() else model_dir.parent) / "results"
        self.views = Views(representation, report)
        self.others: Sequence[Evaluator] = ()  # the models to compare with, for metrics that compare
        self._data_sets: dict[str, Any] = {} if data_sets is None else data_sets

    def evaluate(self, output_dir: str | Path, overwrite: bool = False, gin_config_files: Sequence[str | Path] = (),
                 gin_bindings: Sequence[str] = ()) -> dict[str, Any]:
        """Scores one metric and writes `output_dir`/results; returns the scores.

        Raises UserError; then nothing is written and an old folder is left as it was."""
        output_dir = Path(output_dir)
        refuse_existing(output_dir, overwrite)
        files, name = self._with_data_set(gin_config_files, gin_bindings)
        with configured(files, gin_bindings), atomic_directory(output_dir, overwrite) as folder:
            start, settings = time.time(), _settings_sha256()
            bind("dataset.name", name)
            data_set = get_named_ground_truth_data(known=self._data_sets)
            is_validation = bound("validation.validation_fn") is not None
            if is_validation:
                scores = compute_validation_scores(data_set, self.views.codes(name, data_set))
            else:
                scores = compute_scores(data_set, self._seen_by_metric(name, data_set),
                                        artifact_dir=str(folder / "artifacts"))
            results = {**scores, "elapsed_time": time.time() - start, **self._provenance(), "settings_sha256": settings,
                       "preset": str(bound("evaluation.preset", bound("validation.preset", ""))),
                       "gin_bindings": list(gin_bindings)}
            results = update_result_directory(folder / "results", "validation" if is_validation else "evaluation",
                                              results, self.previous_results)
        logger.info("%s: %.1f s.", output_dir, results["elapsed_time"])
        return results

    def settings_sha256(self, gin_config_files: Sequence[str | Path], gin_bindings: Sequence[str]) -> str:
        """Hash of all bindings that can change a score, to tell results apart; notes for the results do not count."""
        files, _ = self._with_data_set(gin_config_files, gin_bindings)
        with configured(files, gin_bindings):
            return _settings_sha256()

    def _with_data_set(self, files: Sequence[str | Path], bindings: Sequence[str]) -> tuple[list[str | Path], str]:
        """The config files with the data set's own in front, whose bindings the others override, and its name."""
        load_metrics()
        with configured(files, bindings):
            name = self._data_set_name()
        data_set_file = CONFIG_ROOT / "data_sets" / f"{name}.gin"
        return ([data_set_file] if data_set_file.is_file() else []) + list(files), name

    def _data_set_name(self) -> str:
        """The name gin binds, or for "auto" that of the step before, of the artifact, or of AICROWD_DATASET_NAME."""
        name = str(bound("dataset.name", "auto"))
        if name != "auto":
            return name
        recorded = recorded_config(self.previous_results, "postprocess").get("dataset.name", "").strip("'\"")
        record = self.representation.record
        found = recorded or (record.data_set if record else None) or os.environ.get("AICROWD_DATASET_NAME")
        if not found:
            raise ConfigurationError(f"Nothing says which data set {self.representation.path} belongs to. "
                                     "Add --gin_bindings \"dataset.name = 'NAME'\".")
        return found

    def _seen_by_metric(self, name: str, data_set: Any) -> Any:
        """What the metric that gin chose scores: codes, those of all models, or the posterior."""
        if takes("representation_functions"):
            return [evaluator.views.diverging(name, data_set) for evaluator in (self, *self.others)]
        return self.views.posterior() if takes("posterior_function") else self.views.codes(name, data_set)

    def _provenance(self) -> dict[str, Any]:
        """Keys beside the reference's: which file was scored, of which method, how, with what libraries."""
        record = self.representation.record
        return {
            **({"artifact_method": record.method} if record and record.method else {}),
            "artifact_file": self.representation.path.name,
            "artifact_sha256": self.representation.sha256,
            "artifact_backend": self.representation.backend,
            "artifact_provider": self.representation.provider,
            "library_versions": library_versions(),
        }


def evaluate_with_gin(model_dir: str | Path, output_dir: str | Path, overwrite: bool = False,
                      gin_config_files: Sequence[str | Path] = (), gin_bindings: Sequence[str] = (),
                      backend: str = "auto", device: str = "cpu") -> dict[str, Any]:
    """Scores the representation in `model_dir` with one metric, as disentanglement_lib's function of this name."""
    evaluator = Evaluator(load_representation(model_dir, backend, device), Path(model_dir))
    return evaluator.evaluate(output_dir, overwrite, gin_config_files, gin_bindings)


def metric_configs(gin_config_files: Sequence[str], gin_bindings: Sequence[str]) -> dict[str, list[str]]:
    """Which files make up each metric: name of the metric to its config files, those that all share first.

    A file that binds `evaluation.evaluation_fn` is a metric, named after the file; any other is shared.  Without
    such a file the metric is the one the bindings choose, under the name "evaluation"."""
    load_metrics()
    metrics, shared = {}, []
    for config_file in gin_config_files:
        with configured([config_file]):
            chosen = (bound("evaluation.evaluation_fn"), bound("validation.validation_fn"))
            is_metric = any(function is not None for function in chosen)
        if is_metric:
            metrics[Path(config_file).name.removesuffix(".gin")] = config_file
        else:
            shared.append(config_file)
    if not metrics:
        with configured(shared, gin_bindings):
            if bound("evaluation.evaluation_fn") is None:
                raise ConfigurationError("No metric was chosen: give a gin config that binds evaluation.evaluation_fn, "
                                         "such as --gin_config mig.")
        return {"evaluation": shared}
    return {name: [*shared, config_file] for name, config_file in metrics.items()}


def takes(argument: str) -> bool:
    """Whether the metric that gin chose has this argument: several representations, as UDR, or the posterior."""
    metric = bound("evaluation.evaluation_fn")
    function = getattr(metric, "scoped_configurable_fn", metric)
    return callable(function) and argument in inspect.signature(inspect.unwrap(function)).parameters


def load_metrics() -> None:
    """Registers every metric of the folder with gin, and lets modules of one's own import disentanglement_lib."""
    install()
    import_members(f"{__package__.rpartition('.')[0]}.metrics")


def _settings_sha256() -> str:
    """Hash of the bindings in use, but for notes."""
    lines = [line for line in gin.config_str().splitlines() if not line.startswith(NOTES)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _model_stream(seed: int | str | None, points: np.random.RandomState) -> np.random.RandomState | None:
    """The stream for models without a random state; None is numpy's global one, "metric" that of the points."""
    if seed is None or seed == "metric":
        return None if seed is None else points
    return np.random.RandomState(seed)  # type: ignore[arg-type]


def _accepts(function: Callable[..., Any], argument: str) -> bool:
    """Whether a function, unwrapped from gin, takes `argument` or any keyword."""
    parameters = inspect.signature(inspect.unwrap(function)).parameters
    return argument in parameters or any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
