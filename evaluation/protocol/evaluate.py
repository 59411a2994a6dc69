"""The protocol: one metric under one gin configuration, results where disentanglement_lib puts them."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from ...common.commands.wording import option
from ...common.configuration.parsing import bound, configured
from ...common.disk.files import atomic_directory, refuse_existing
from ...common.errors import ConfigurationError, UserError
from ...common.fingerprint import KEY, Fingerprint
from ...common.results import check_results, recorded_config, update_result_directory
from ...export.files.record import library_versions
from ...export.reading.artifact import Representation, load_representation
from ...export.reading.codes_file import CodesFile
from ...ground_truth.catalogue.recorded import recalled, recorded_bindings, recorded_split
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.named_data import data_files, data_set_key, get_named_ground_truth_data
from ...metrics.estimators.fast_paths import noted_implementations
from ...metrics.result import MetricResult
from ...metrics.undefined import named_factors
from ..settings.adapters import declared
from ..settings.context import evaluation_context
from ..settings.metric_configs import find_metric_config
from ..settings.split import using_split
from .matrices import names_of_factors, save_matrices
from .metric_inputs.from_codes import StoredViews
from .metric_inputs.from_models import Views
from .resolved import AUTO, ResolvedMetric, load_metrics, resolve
from .reuse import CONTENTS, contents_of
from .score_fingerprint import score_fingerprint
from .validation import compute_validation_scores

logger = logging.getLogger(__name__)


@gin.configurable("evaluation", denylist=["ground_truth_data", "representation_function", "artifact_dir"])
def compute_scores(ground_truth_data: GroundTruthData, representation_function: Callable[[Any], np.ndarray],
                   artifact_dir: str | None,
                   evaluation_fn: Callable[..., dict[str, Any] | MetricResult] = gin.REQUIRED,
                   random_seed: int = gin.REQUIRED,
                   name: str = "", global_seed: int | str | None = "random_seed",
                   on_degenerate: str = "nan", preset: str = "", scheme: Callable[[Any], Any] | None = None,
                   restart_model_stream: bool = False, split: str | None = None) -> dict[str, Any]:
    """Scores of one metric, drawn with a fresh `RandomState(random_seed)`; `name`, `preset` are notes for the results.

    global_seed: seeds a stream that stands in for numpy's global one, on which models without a random state draw; by
    default `random_seed`, so that scores are those the original prints after `np.random.seed(random_seed)`.  None
    draws on the global stream itself, "metric" on the stream of the points.
    on_degenerate: "nan" or "raise", for numbers that cannot be computed.
    scheme: another project's way of drawing points, such as `@factors_by_row`.  restart_model_stream: every model draws
    from the start of its stream, as in projects that reseed before each fit.
    split: "reference" draws training and test points with replacement, "disjoint" no test point that was trained on;
    by default the latter for points without images, the former for all other data.
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
    data = ground_truth_data
    if scheme is not None:
        ground_truth_data = scheme(ground_truth_data)
    with (using_split(split, data) as drawn, named_factors(names_of_factors(data)),
          evaluation_context(stream, on_degenerate, restart_model_stream)):
        found = evaluation_fn(ground_truth_data, representation_function, **arguments)
    if isinstance(found, MetricResult):
        save_matrices(artifact_dir, found.matrices, declared(evaluation_fn), ground_truth_data,
                      getattr(representation_function, "code_names", ()))
    return {**found, **drawn}


class Evaluator:
    """Scores one representation with any number of metrics; each image is encoded once for all of them."""

    def __init__(self, representation: Representation | CodesFile, model_dir: Path | None,
                 report: Callable[[int], Any] | None = None, data_sets: dict[str, GroundTruthData] | None = None,
                 views: Views | StoredViews | None = None, codes_file: Path | None = None):
        """model_dir: where earlier steps' `results` lie, if there are any.

        report: called with the number of images just encoded.  data_sets: those made so far by `data_set_key`, for
        evaluators to share.  views: what metrics see; by default what the representation encodes.  codes_file: where
        codes are kept between runs."""
        self.representation = representation
        folder = None if model_dir is None or model_dir.is_dir() else model_dir.parent
        self.previous_results = None if model_dir is None else (folder or model_dir) / "results"
        self.views = views or Views(representation, report, codes_file)  # type: ignore[arg-type]
        self.others: Sequence[Evaluator] = ()  # the models to compare with, for metrics that compare
        self._data_sets: dict[str, GroundTruthData] = {} if data_sets is None else data_sets

    def evaluate(self, output_dir: str | Path, overwrite: bool = False, gin_config_files: Sequence[str | Path] = (),
                 gin_bindings: Sequence[str] = ()) -> dict[str, Any]:
        """Scores one metric and writes `output_dir`/results; returns the scores.

        Raises UserError; then nothing is written and an old folder is left as it was."""
        refuse_existing(output_dir, overwrite)
        return self.score(self.on_own_data(resolve(gin_config_files, gin_bindings)), output_dir, overwrite)

    def on_own_data(self, metric: ResolvedMetric) -> ResolvedMetric:
        """The metric on the data set that gin names, or for "auto" on that of the step before, of the artifact, or of
        AICROWD_DATASET_NAME; own data are those that the artifact records, unless the configuration names some.

        Raises ConfigurationError where nothing names one."""
        metric = metric.on_data_set(self._data_set_name() if metric.data_set == AUTO else metric.data_set)
        record = self.representation.record
        if record is None:
            return metric
        with metric.in_use():
            values = recorded_split(record)
            if metric.data_set == record.data_set:
                values |= recalled(recorded_bindings(record), self.representation.path)
            return metric.with_data(values)

    def fingerprint(self, metric: ResolvedMetric) -> Fingerprint:
        """Everything that can change the scores of a metric that `on_own_data` returned."""
        with metric.in_use():
            data_set = self._data_set()
        return score_fingerprint(metric, [self, *self.others] if metric.input == "models" else [self], data_set)

    def score(self, metric: ResolvedMetric, output_dir: str | Path, overwrite: bool = False,
              fingerprint: Fingerprint | None = None) -> dict[str, Any]:
        """As `evaluate`, for a metric that `on_own_data` returned and its fingerprint, where that is known already."""
        output_dir, start = Path(output_dir), time.time()
        check_results(self.previous_results)
        fingerprint = fingerprint or self.fingerprint(metric)
        with metric.in_use(), atomic_directory(output_dir, overwrite) as folder:
            with noted_implementations() as implementation:
                scores = self._scores(metric, folder)
            results = {**scores, "elapsed_time": time.time() - start, **self._provenance(),
                       "implementation": implementation,
                       "preset": str(bound(f"{metric.step}.preset", "")), "gin_bindings": list(metric.given_bindings),
                       "settings_sha256": _settings_sha256(metric), KEY: fingerprint,
                       "factor_names": names_of_factors(self._data_set()),
                       "data_files": [str(path) for path in data_files(self._data_set())]}
            results[CONTENTS] = contents_of(folder, results)
            results = update_result_directory(folder / "results", metric.step, results, self.previous_results)
        logger.info("%s: %.1f s.", output_dir, results["elapsed_time"])
        return results

    def check_codes_can_be_kept(self, metrics: Iterable[ResolvedMetric]) -> None:
        """Raises UserError where the codes of the metrics' data set are to be kept in a file and cannot be."""
        keys: dict[str, str] = {}
        for metric in map(self.on_own_data, metrics):
            with metric.in_use():
                keys[data_set_key(metric.data_set)] = metric.data_set
                if len(keys) > 1:
                    raise UserError("--save_codes keeps the codes of one data set in a file; the metrics are scored on "
                                    f"{' and '.join(sorted(keys.values()))}. Score each by a command of its own.")
                self.views.check_can_be_kept(data_set_key(metric.data_set), self._data_set())

    def save_codes(self) -> None:
        """Writes the codes of all images of the data set that was scored to the file where codes are kept."""
        for key, data_set in self._data_sets.items():
            self.views.save_codes(key, data_set)

    def _scores(self, metric: ResolvedMetric, folder: Path) -> dict[str, Any]:
        data_set = self._data_set()
        table = data_set_key(metric.data_set)
        with contextlib.ExitStack() as noise:
            for evaluator in (self, *self.others):
                noise.enter_context(evaluator.views.noise_from(metric.random_seed))
            if metric.step == "validation":
                return compute_validation_scores(data_set, self.views.codes(table, data_set))
            return compute_scores(data_set, self._seen_by_metric(metric, table, data_set),
                                  artifact_dir=str(folder / "artifacts"))

    def _data_set(self) -> GroundTruthData:
        """The data set that the configuration in use names."""
        return get_named_ground_truth_data(known=self._data_sets)

    def _data_set_name(self) -> str:
        recorded = recorded_config(self.previous_results, "postprocess").get("dataset.name", "").strip("'\"")
        record = self.representation.record
        found = recorded or (record.data_set if record else None) or os.environ.get("AICROWD_DATASET_NAME")
        if not found:
            raise ConfigurationError(f"Nothing says which data set {self.representation.path} belongs to. "
                                     "Add " + option("gin_bindings", "\"dataset.name = 'NAME'\"", "data='NAME'") + ".")
        return found

    def _seen_by_metric(self, metric: ResolvedMetric, name: str, data_set: GroundTruthData) -> Any:
        """What the metric scores: codes, those of all models, the posterior, or the autoencoder."""
        if metric.input == "models":
            return _one_table_at_a_time([evaluator.views for evaluator in (self, *self.others)], name, data_set)
        if metric.input == "autoencoder":
            return self.views.autoencoder()
        return self.views.posterior() if metric.input == "posterior" else self.views.codes(name, data_set)

    def _provenance(self) -> dict[str, Any]:
        """Keys beside the reference's: which file was scored, of which method, how, with what libraries."""
        record = self.representation.record
        return {
            **({"artifact_method": record.method} if record and record.method else {}),
            "artifact_file": self.representation.path.name,
            "artifact_sha256": self.representation.sha256,
            "artifact_backend": self.representation.backend,
            "artifact_provider": self.representation.provider,
            **({"code_names": list(names)} if (names := self.representation.code_names) else {}),
            **({"artifact_call": dict(how.rows())} if (how := self.representation.understanding) else {}),
            **({"artifact_batch_dependence": dependence} if (dependence := self.views.batch_dependence) else {}),
            "library_versions": library_versions(),
        }


def _one_table_at_a_time(views: Sequence[Views | StoredViews], name: str,
                         data_set: GroundTruthData) -> list[Callable]:
    """What a metric that compares models sees of each; a model's codes are freed when the metric turns to the next."""
    asked: list[Views | StoredViews] = []

    def diverging(of_model: Views | StoredViews) -> Callable[[Any], tuple[np.ndarray, np.ndarray]]:
        function = of_model.diverging(name, data_set)

        def encode(observations: Any) -> tuple[np.ndarray, np.ndarray]:
            if asked and asked[-1] is not of_model:
                asked.pop().forget()
            asked[:] = [of_model]
            return function(observations)

        return encode

    return [diverging(of_model) for of_model in views]


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
    for named in gin_config_files:
        config_file = str(find_metric_config(named))
        with configured([config_file]):
            chosen = (bound("evaluation.evaluation_fn"), bound("validation.validation_fn"))
        if any(function is not None for function in chosen):
            metrics[Path(config_file).name.removesuffix(".gin")] = config_file
        else:
            shared.append(config_file)
    if not metrics:
        resolve(shared, gin_bindings)  # refuses bindings that choose no metric
        return {"evaluation": shared}
    return {name: [*shared, config_file] for name, config_file in metrics.items()}


def _settings_sha256(metric: ResolvedMetric) -> str:
    """Hash of all bindings that can change a score, to tell results apart."""
    lines = [f"{name} = {text}" for name, text in sorted(metric.all_bindings.items())]
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
