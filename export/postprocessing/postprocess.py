"""From a trained model to its exported representation."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...common.configuration.parsing import bind, bound, configured, operative_config
from ...common.errors import ConfigurationError
from ...common.results import update_result_directory
from ...ground_truth.catalogue.recorded import data_bindings, fall_back_on
from ...ground_truth.named_data import get_named_ground_truth_data
from ...ground_truth.registry import data_sets
from ..files.record import Record
from ..files.symmetries import save_symmetries
from ..formats import FORMAT_NAMES
from ..writing.exporter import export_representation
from ..writing.graphs import latents_of
from ..writing.verification_images import NUM_IMAGES
from .representations import Postprocessing, postprocess

logger = logging.getLogger(__name__)


def postprocess_with_gin(model_dir: str | Path, output_dir: str | Path, overwrite: bool = False,
                         gin_config_files: Sequence[str] = ("export/mean.gin",), gin_bindings: Sequence[str] = (),
                         formats: Sequence[str] = FORMAT_NAMES) -> Record:
    """Exports the model of `model_dir` as a gin configuration says, with its results so far.

    Raises UserError; then nothing is written."""
    with configured(gin_config_files, gin_bindings):
        if bound("postprocess.postprocess_fn") is None:
            raise ConfigurationError("postprocess.postprocess_fn must be given: @mean_representation, "
                                     "@sampled_representation or another of docs/interface.md.")
        record = _export(Path(model_dir), Path(output_dir), overwrite, postprocess(), formats)
        logger.info("Exported with:\n%s", operative_config())
    return record


def _export(model_dir: Path, output_dir: Path, overwrite: bool, postprocessing: Postprocessing,
            formats: Sequence[str]) -> Record:
    from ...training.running.checkpoint import load_model  # the one place where export rebuilds a network
    from ..importers.own_symmetries import own_symmetries

    start = time.time()
    model = load_model(model_dir)
    if bound("dataset.name", "auto") == "auto":
        bind("dataset.name", scored_on(model.data_set))
    if bound("dataset.name") == model.data_set:
        fall_back_on(data_bindings(model.gin_config), model_dir)
    data, data_set = get_named_ground_truth_data(), str(bound("dataset.name"))
    observations = data.sample_observations(NUM_IMAGES, np.random.RandomState(postprocessing.random_seed))
    affine = postprocessing.fitted(lambda images: latents_of(model.encoder, images), data, data_set)

    def write_results(folder: Path, record: Record) -> None:
        results = {"elapsed_time": time.time() - start, "largest_difference": record.largest_difference}
        update_result_directory(folder / "results", "postprocess", results, model_dir / "results")
        save_symmetries(folder, own_symmetries(model_dir, model.decoder))

    return export_representation(
        model.encoder, output_dir, np.asarray(observations), representation=postprocessing.recipe.statistic,
        postprocessing=affine, decoder=model.decoder, method=model.method, data_set=data_set,
        gin_config=model.gin_config, formats=formats, overwrite=overwrite, finish=write_results)


def scored_on(data_set: str) -> str:
    """Returns the data set that models trained on `data_set` are scored on: the whole of a cached part."""
    return getattr(data_sets()[data_set], "scored_on", data_set)
