"""From a trained model to its exported representation: the postprocessing step of disentanglement_lib."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import gin
import numpy as np

from ..common.configuration import bind, bound, configured, operative_config
from ..common.errors import ConfigurationError
from ..common.results import update_result_directory
from ..ground_truth.named_data import get_named_ground_truth_data
from ..ground_truth.registry import data_sets
from .exporter import NUM_IMAGES, export_representation
from .formats import FORMAT_NAMES
from .record import Record
from .symmetries import save_symmetries

logger = logging.getLogger(__name__)


@gin.configurable("mean_representation")
def mean_representation() -> str:
    """The mean of the posterior."""
    return "mean"


@gin.configurable("sampled_representation")
def sampled_representation() -> str:
    """A sample of the posterior, drawn anew at every call."""
    return "sample"


@gin.configurable("postprocess", denylist=["model_dir", "output_dir", "overwrite", "formats"])
def postprocess(model_dir: Path, output_dir: Path, overwrite: bool, formats: Sequence[str] = FORMAT_NAMES,
                postprocess_fn: Callable[[], str] = gin.REQUIRED, random_seed: int = gin.REQUIRED,
                name: str = "") -> Record:
    """Exports the model of `model_dir`, verified on images drawn with `random_seed`, with its results and gin files.

    name: a note for the results."""
    from ..training.checkpoint import load_model  # the one place where export rebuilds a network
    from .importers.own_symmetries import own_symmetries

    start = time.time()
    model = load_model(model_dir)
    if bound("dataset.name", "auto") == "auto":
        bind("dataset.name", _scored_on(model.data_set))
    observations = get_named_ground_truth_data().sample_observations(NUM_IMAGES, np.random.RandomState(random_seed))

    def write_results(folder: Path, record: Record) -> None:
        results = {"elapsed_time": time.time() - start, "largest_difference": record.largest_difference}
        update_result_directory(folder / "results", "postprocess", results, model_dir / "results")
        save_symmetries(folder, own_symmetries(model_dir, model.decoder))

    return export_representation(
        model.encoder, output_dir, np.asarray(observations), representation=postprocess_fn(), decoder=model.decoder,
        method=model.method, data_set=str(bound("dataset.name")), gin_config=model.gin_config, formats=formats,
        overwrite=overwrite, finish=write_results)


def _scored_on(data_set: str) -> str:
    """The data set that models trained on `data_set` are scored on: the whole of which a training cache is a part."""
    return getattr(data_sets()[data_set], "scored_on", data_set)


def postprocess_with_gin(model_dir: str | Path, output_dir: str | Path, overwrite: bool = False,
                         gin_config_files: Sequence[str] = ("export/mean.gin",), gin_bindings: Sequence[str] = (),
                         formats: Sequence[str] = FORMAT_NAMES) -> Record:
    """`postprocess` under a gin configuration.  Raises UserError; then nothing is written."""
    with configured(gin_config_files, gin_bindings):
        if bound("postprocess.postprocess_fn") is None:
            raise ConfigurationError("postprocess.postprocess_fn must be given: @mean_representation or "
                                     "@sampled_representation.")
        record = postprocess(Path(model_dir), Path(output_dir), overwrite, formats)
        logger.info("Exported with:\n%s", operative_config())
    return record
