"""`unbraid.evaluate`: the whole protocol on a live network, a function of images, or an artifact."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...common.commands.command_line import notebook_progress
from ...common.errors import UserError, one_sentence
from ...export.reading.artifact import Representation, load_representation
from ...ground_truth.catalogue.given_data import given_data
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.random_streams import checked_seed
from ...metrics.result import MetricResult
from ..protocol.evaluate import Evaluator, metric_configs
from ..protocol.matrices import saved_matrices
from ..protocol.presets import DEFAULT_PRESET, metrics_of_preset
from ..protocol.study import Study
from ..settings.adapters import declared
from ..settings.context import using_jobs
from .live import LiveRepresentation
from .score_table import ScoreTable
from .scoring import names_of_metrics

Encoder = Callable[[np.ndarray], Any]


def evaluate(encoder: Encoder | str | Path, data: str | Path | GroundTruthData | None = None,
             preset: str | None = None, *,
             metrics: Sequence[str] | str = (), seed: int | None = None, bindings: Sequence[str] | str = (),
             output_dir: str | Path | None = None, overwrite: bool = False, n_jobs: int | None = None,
             allow_pickled_code: bool = False, progress: bool = False) -> ScoreTable:
    """Scores a model as `unbraid-evaluate` does: the same points, the same numbers.

    Args:
        encoder: a torch module from images (N, C, H, W) to codes (N, D), or to (mean, log-variance), or a method of
            one, which is copied and not changed; `encode` is asked if it has one, and may return a distribution or an
            output object, see `unbraid.export.export_representation`; a function of images (N, H, W, C) float32 in
            [0, 1] to codes (N, D); or the path of an artifact.
        data: name of the data set, such as "dsprites_full"; path of own images with factors (.npz, .h5, a folder); or
            an object with the members of disentanglement_lib's `GroundTruthData`, whose class need not inherit from
            anything.  For an artifact by default the data set that it records.
        preset: name of a paper's protocol; without `metrics` the default one.
        metrics: names of metric configs, as for `unbraid-evaluate --gin_config`.
        seed: of every metric, instead of the configs' own, 0.
        bindings: gin bindings that win over the configs, such as "mig.num_train = 1000".
        output_dir: folder to write the results to, with everything that `unbraid-evaluate` writes; none by default.
        overwrite: whether to replace results that exist.
        n_jobs: number of parallel jobs, None for the number of available cores.
        allow_pickled_code: whether a path may be that of a pickled module, which runs code from the file.
        progress: whether to show a bar of the metrics, on a terminal or in a notebook.

    Returns:
        A `ScoreTable`; metrics that cannot be scored, such as those that need a posterior, are in `.unscored` with the
        reason.

    Raises:
        UserError: for unknown names, and for a model whose codes cannot be used.

    >>> import unbraid
    >>> def brightness(images):
    ...     return images.reshape(len(images), -1)[:, :2]
    >>> table = unbraid.evaluate(brightness, data="dummy_data", metrics=["mig"], bindings=["mig.num_train = 100"])
    >>> list(table)
    ['mig']
    """
    given = names_of_metrics(metrics) if metrics != () else []
    of_preset = metrics_of_preset(preset or DEFAULT_PRESET) if preset or not given else []
    seeds = [] if seed is None else [f"evaluation.random_seed = {checked_seed(seed)}"]
    of_data = None if data is None else given_data(data)
    chosen = [*(of_data.bindings if of_data else ()), *seeds, *([bindings] if isinstance(bindings, str) else bindings)]
    with ExitStack() as stack:
        folder = Path(output_dir or f"{stack.enter_context(tempfile.TemporaryDirectory())}/results")
        stack.enter_context(using_jobs(n_jobs))
        configs = metric_configs([*of_preset, *given], chosen)
        bar = stack.enter_context(notebook_progress(len(configs), "metric", progress))
        study = Study(folder, configs, chosen, overwrite, presets=dict.fromkeys(of_preset, preset or DEFAULT_PRESET),
                      finished=lambda name: bar.update())
        study.refuse_existing(["model"])
        outcome = study.run({"model": _evaluator(encoder, of_data.made if of_data else {}, allow_pickled_code)})
        results = {name: MetricResult(found, saved_matrices(study.folder("model", name, 1) / "artifacts"))
                   for name, found in outcome.results.get("model", {}).items()}
        declarations = {name: declared(metric.function) for name, metric in study.metrics.items()}
        names = next((found["factor_names"] for found in outcome.results.get("model", {}).values()), ())
    return ScoreTable(results, declarations, names,
                      unscored={name: one_sentence(error) for (_, name), error in outcome.unscored.items()})


def _evaluator(encoder: Encoder | str | Path, data_sets: Mapping[str, GroundTruthData],
               allow_pickled_code: bool) -> Evaluator:
    """Returns the evaluator of an encoder.  Raises UserError for what is neither a path nor callable."""
    if isinstance(encoder, (str, Path)):
        representation = load_representation(encoder, allow_pickled_code=allow_pickled_code)
        return Evaluator(representation, Path(encoder), data_sets=dict(data_sets))
    if not callable(encoder):
        raise UserError(f"encoder is a {type(encoder).__name__}; expected a torch module, a function of images "
                        "(N, H, W, C), or the path of an artifact.")
    live = LiveRepresentation(encoder)
    return Evaluator(cast(Representation, live), live.path, data_sets=dict(data_sets))
