"""From another project's checkpoint to our artifact."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from ...common.commands.wording import option
from ...ground_truth.catalogue.recorded import OWN as OWN_DATA
from ...ground_truth.catalogue.recorded import data_bindings, fall_back_on
from ...ground_truth.registry import data_sets
from ...training.running.checkpoint import FILE_NAME, CheckpointError, load_model
from ..errors import ArtifactError, UnsafeArtifactError
from ..files.locating import Located, locate, sha256_of
from ..files.record import Record
from ..files.symmetries import save_symmetries, with_bases
from ..foreign.flags import refuse_other_channels
from ..foreign.graph_description import Statistics, described
from ..formats import FORMAT_NAMES
from ..postprocessing.affine import AffineMap
from ..postprocessing.postprocess import scored_on
from ..postprocessing.representations import Postprocessing, Recipe
from ..writing.exporter import export_representation
from ..writing.graphs import latents_of
from ..writing.own_models import as_encoder
from ..writing.verification_images import verification_images
from .filling import Imported
from .input_statistics import STATISTICS, Denormalised, Normalised
from .own_symmetries import own_symmetries
from .pickled_module import PICKLED, whole_module
from .reading import read_content, state_in
from .registry import source_of, sources, sources_of
from .state import State
from .tensorflow_module import read_variables
from .unwrapping import NO_CHOICE, Choice

OWN = "unbraid"  # --format of our own checkpoints, in records

logger = logging.getLogger(__name__)


def import_checkpoint(path: str | Path, source: str | None = None, allow_pickled_code: bool = False,
                      choice: Choice = NO_CHOICE) -> tuple[Imported, dict[str, str]]:
    """The networks of a checkpoint, and where they came from, as the record has it.

    path: a file, or a folder that holds one.  source: name of a format, where the keys are not to decide.
    choice: which of several dicts of tensors in the file.
    Raises ArtifactError or one of its kinds; nothing in the file is run unless `allow_pickled_code`."""
    located = locate(Path(path))
    _refuse_other_kinds(located, allow_pickled_code)
    sha256 = sha256_of(located)
    if own := _own_model(located.path):
        return own, {"format": OWN, "project": "unbraid", "file": located.path.name, "sha256": sha256}
    state = _state(located, allow_pickled_code, choice, source)
    if isinstance(state, torch.nn.Module):
        return Imported(state, None, (), 0), {"format": PICKLED, "project": _class_name(state),
                                                   "file": located.path.name, "sha256": sha256}
    name = source_of(state, source)
    importer = sources()[name]
    imported = importer.convert(state)
    imported = importer.check_folder(located.path.parent, imported)
    logger.info("%s is a checkpoint of %s.", located.path, importer.project)
    return imported, {"format": name, "project": importer.project, "file": located.path.name,
                      "sha256": sha256}


def _state(located: Located, allow_pickled_code: bool, choice: Choice, source: str | None) -> State | torch.nn.Module:
    """The tensors of a known project, else the module itself, if the file holds one and reading it was allowed."""
    if located.kind == "saved_model":
        return read_variables(located.path.parent)
    content = read_content(located.path, allow_pickled_code)
    module = whole_module(content, located.path, choice) if allow_pickled_code and source is None else None
    if module is not None and not sources_of(module.state_dict().keys()):
        return module
    return state_in(content, located.path, lambda tensors: tensors if sources_of(tensors.keys()) else None, choice)


def _class_name(module: torch.nn.Module) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"


def _own_model(path: Path) -> Imported | None:
    """The networks of a checkpoint that unbraid-train wrote; None for any other file."""
    if path.name != FILE_NAME:
        return None
    try:
        model = load_model(path.parent)
    except CheckpointError:
        return None  # read_state says what is wrong with it
    return Imported(model.encoder, model.decoder, model.input_shape, model.num_latent,
                    own_symmetries(path.parent, model.decoder), method=model.method,
                    data_set=scored_on(model.data_set), gin_config=model.gin_config)


def with_input_statistics(imported: Imported, origin: dict[str, str], data_set: str | None,
                          statistics: Statistics | None) -> tuple[Imported, dict[str, str]]:
    """The networks for images in [0, 1], and their origin with what was done about it.

    statistics: mean and standard deviation where the user gave them.  Raises ArtifactError when they are needed."""
    if statistics is None and (origin["format"] in (OWN, PICKLED) or not sources()[origin["format"]].normalises):
        return imported, origin
    if statistics is not None:
        if imported.image_shape:
            refuse_other_channels(statistics, imported.image_shape[0])
        mean, std = statistics
    elif data_set in STATISTICS:
        mean, std = STATISTICS[data_set]
    else:
        raise ArtifactError(f"{origin['project']} trains on (x - mean) / std, which {origin['file']} does not tell. "
                            f"Name its data set with {option('data_set', 'NAME')} ({', '.join(STATISTICS)}), or give "
                            f"{option('input_statistics', 'MEAN STD', 'input_statistics=(MEAN, STD)')}; 0 and 1 leave "
                            "images as they are.")
    imported = dataclasses.replace(imported, encoder=Normalised(as_encoder(imported.encoder), mean, std).eval())
    if imported.decoder is not None and imported.decodes_input:
        imported = dataclasses.replace(imported, decoder=Denormalised(imported.decoder, mean, std).eval())
    return imported, {**origin, "input": described((mean, std))}


def export_checkpoint(path: str | Path, output_dir: str | Path, *, source: str | None = None,
                      data_set: str | None = None, postprocessing: Postprocessing | None = None,
                      input_statistics: Statistics | None = None,
                      formats: Sequence[str] = FORMAT_NAMES, overwrite: bool = False,
                      allow_pickled_code: bool = False, allow_batch_dependence: bool = False,
                      choice: Choice = NO_CHOICE) -> Record:
    """Imports a checkpoint and exports it, verified on images of `data_set`, or on made-up ones without it.

    data_set: by default the one that the checkpoint names.
    postprocessing: what codes are made of; by default the mean, or a sample where the checkpoint is known to be of one.
    Raises UserError; then nothing is written."""
    imported, origin = with_input_statistics(*import_checkpoint(path, source, allow_pickled_code, choice),
                                             data_set, input_statistics)
    data_set = data_set or imported.data_set
    fall_back_on(data_bindings(imported.gin_config) if data_set == OWN_DATA else [], path)
    images = verification_images(imported.image_shape or None, data_set)
    symmetries = imported.symmetries
    if imported.decoder is not None:
        symmetries = with_bases(symmetries, imported.decoder.state_dict())
    postprocessing = postprocessing or Postprocessing(Recipe(imported.statistic))
    return export_representation(
        imported.encoder, output_dir, images, representation=postprocessing.recipe.statistic,
        postprocessing=fitted_on(data_set, postprocessing, imported.encoder), decoder=imported.decoder,
        method=imported.method, data_set=data_set, gin_config=imported.gin_config, source=origin, formats=formats,
        overwrite=overwrite, finish=lambda folder, _: save_symmetries(folder, symmetries),
        allow_batch_dependence=allow_batch_dependence)


def fitted_on(data_set: str | None, postprocessing: Postprocessing, encoder: torch.nn.Module) -> AffineMap | None:
    """The map of a network's latents, fitted on images of `data_set` where it needs some."""
    data = None if data_set is None else data_sets()[data_set]()
    network = as_encoder(encoder)
    return postprocessing.fitted(lambda images: latents_of(network, images), data, data_set)


def _refuse_other_kinds(located: Located, allow_pickled_code: bool) -> None:
    if located.kind in ("weights", "saved_model"):
        return
    if located.kind == "pickle":
        if located.path.suffix == ".dill" or not allow_pickled_code:
            raise UnsafeArtifactError(
                f"{located.path} is a Python pickle, not a checkpoint of torch.save. Reading it would run code from "
                f"the file, so it is refused; if you trust where it comes from, add {option('allow_pickled_code')}.")
        return
    raise ArtifactError(f"{located.path} is a finished graph, no checkpoint; score it as it is with unbraid-evaluate "
                        "--model_dir, or look at it with unbraid-export --inspect.")
