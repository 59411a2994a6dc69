"""Scores of a data set under its protocol, for one encoder after the other."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from ...common.errors import UserError, one_sentence
from ...export.reading.artifact import Representation, load_representation
from ...ground_truth.bases.custom_data_sets import CustomTable
from ...ground_truth.bases.no_images import NoImages
from ...ground_truth.catalogue.given_data import given_data
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.declaration import FROM_POINTS, INTERVENING
from ...metrics.result import MetricResult
from ..protocol.evaluate import compute_scores, metric_configs
from ..protocol.matrices import names_of_factors, saved_matrices
from ..protocol.metric_inputs.from_models import Views
from ..protocol.resolved import ResolvedMetric, resolve
from ..settings.adapters import declared
from ..settings.context import using_jobs
from .kept_images import KeptImages
from .live import LiveRepresentation
from .score_table import ScoreTable


class ProtocolScores:
    """Metrics of a data set, whose images are kept between encoders."""

    def __init__(self, data: str | Path | GroundTruthData, metrics: Sequence[str], seed: int, num_points: int | None,
                 bindings: Sequence[str]):
        """data: see `given_data`.  Raises UserError for metrics that the data cannot give points for."""
        given = given_data(data)
        shared = [*given.bindings, f"evaluation.random_seed = {seed}"]
        self.name = given.name
        self.metrics = {name: _resolved(name, files, shared, num_points, bindings).on_data_set(given.name)
                        for name, files in metric_configs(list(metrics), [*shared, *bindings]).items()}
        with next(iter(self.metrics.values())).in_use():
            self.data = given.open()
        self.render = KeptImages()
        _check_data(self.data, self.name)
        for name, metric in self.metrics.items():
            _check_metric(name, metric, self.data, self.name)

    def __call__(self, encoder: Callable[..., Any] | str | Path, n_jobs: int | None) -> ScoreTable:
        """The scores of an encoder as it is now.  Raises UserError where no metric has a score."""
        views, unscored = Views(_representation(encoder), render=self.render), {}
        results: dict[str, MetricResult] = {}
        with ExitStack() as stack:
            stack.enter_context(using_jobs(n_jobs))
            root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for name, metric in self.metrics.items():
                try:
                    results[name] = self._scored(metric, views, root / name)
                except UserError as error:
                    unscored[name] = error
        if not results:
            raise next(iter(unscored.values()))
        declarations = {name: declared(metric.function) for name, metric in self.metrics.items()}
        return ScoreTable(results, declarations, names_of_factors(self.data),
                          unscored={name: one_sentence(error) for name, error in unscored.items()})

    def _scored(self, metric: ResolvedMetric, views: Views, folder: Path) -> MetricResult:
        with metric.in_use():
            seen = views.posterior() if metric.input == "posterior" else views.codes(self.name, self.data)
            return MetricResult(compute_scores(self.data, seen, artifact_dir=str(folder)), saved_matrices(folder))


def _resolved(name: str, files: Sequence[str], bindings: Sequence[str], num_points: int | None,
              given: Sequence[str]) -> ResolvedMetric:
    """A metric's configuration with the number of points, over which the user's bindings win.

    Raises UserError for a metric that does not score one model on points of a data set."""
    metric = resolve(files, [*bindings, *given])
    if metric.step != "evaluation":
        raise UserError(f"{name!r} compares with given images; expected a metric, such as 'mig'.")
    if metric.input == "models":
        raise UserError(f"{name!r} compares several models; a training has one. Score exported models with "
                        "unbraid-evaluate.")
    return resolve(files, [*bindings, *_sizes(metric, num_points), *given]) if num_points else metric


def _sizes(metric: ResolvedMetric, num_points: int) -> list[str]:
    """Bindings of how many points a metric of points draws: so many to train on, half as many to test on."""
    declaration = declared(metric.function)
    if declaration is None or declaration.needs not in FROM_POINTS:
        return []
    bound = [key for key, value in metric.all_bindings.items() if value.isdigit()]
    of_kind = {kind: [key for key in bound if re.search(rf"\.{kind}$", key)]
               for kind in ("num_points", "num_train", "num_test")}
    if of_kind["num_points"]:
        return [f"{key} = {num_points}" for key in of_kind["num_points"]]
    return [f"{key} = {max(1, number)}" for kind, number in (("num_train", num_points), ("num_test", num_points // 2))
            for key in of_kind[kind]]


def _check_data(data: GroundTruthData, name: str) -> None:
    """Raises UserError for data without factors or images."""
    if not data.factors_num_values:
        raise UserError(f"{name!r} has images without factors, which scores compare codes with. Give a data set with "
                        "known factors.")
    if isinstance(getattr(data, "images", None), NoImages):
        raise UserError(f"{name!r} has points without images, so there is nothing to encode. Give "
                        "data=(inputs, factors).")


def _check_metric(name: str, metric: ResolvedMetric, data: GroundTruthData, data_name: str) -> None:
    """Raises UserError for a metric that asks for combinations of factors which the data may not hold."""
    declaration = declared(metric.function)
    if declaration and declaration.needs in INTERVENING and isinstance(data, CustomTable):
        raise UserError(f"{name!r} needs {declaration.needs}, images with factors of its choice, but {data_name!r} is "
                        "not a full grid of factors. Leave it out, or give data with every combination of factors.")


def _representation(encoder: Callable[..., Any] | str | Path) -> Representation:
    if isinstance(encoder, (str, Path)):
        return load_representation(encoder)
    return cast(Representation, LiveRepresentation(encoder, copied=False))
