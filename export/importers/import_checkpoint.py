"""From another project's checkpoint to our artifact."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...common.errors import UserError
from ...ground_truth.registry import data_sets
from ...training.checkpoint import FILE_NAME, CheckpointError, load_model
from ..errors import ArtifactError, UnsafeArtifactError
from ..exporter import NUM_IMAGES, export_representation
from ..formats import FORMAT_NAMES
from ..locating import Located, locate
from ..record import Record
from ..symmetries import save_symmetries, with_bases
from .filling import Imported
from .input_statistics import STATISTICS, Normalised, parse_statistics
from .own_symmetries import own_symmetries
from .reading import read_state
from .registry import source_of, sources

OWN = "unbraid"  # --format of our own checkpoints, in records

logger = logging.getLogger(__name__)


def import_checkpoint(path: str | Path, source: str | None = None,
                      allow_pickled_code: bool = False) -> tuple[Imported, dict[str, str]]:
    """The networks of a checkpoint, and where they came from, as the record has it.

    path: a file, or a folder that holds one.  source: name of a format, where the keys are not to decide.
    Raises ArtifactError or one of its kinds; nothing in the file is run unless `allow_pickled_code`."""
    located = locate(Path(path))
    _refuse_other_kinds(located, allow_pickled_code)
    sha256 = hashlib.sha256(located.path.read_bytes()).hexdigest()
    if own := _own_model(located.path):
        return own, {"format": OWN, "project": "unbraid", "file": located.path.name, "sha256": sha256}
    state = read_state(located.path, allow_pickled_code)
    name = source_of(state, source)
    importer = sources()[name]
    imported = importer.convert(state)
    importer.check_folder(located.path.parent, imported)
    logger.info("%s is a checkpoint of %s.", located.path, importer.project)
    return imported, {"format": name, "project": importer.project, "file": located.path.name,
                      "sha256": sha256}


def _own_model(path: Path) -> Imported | None:
    """The networks of a checkpoint that unbraid-train wrote; None for any other file."""
    if path.name != FILE_NAME:
        return None
    try:
        model = load_model(path.parent)
    except CheckpointError:
        return None  # read_state says what is wrong with it
    return Imported(model.encoder, model.decoder, model.input_shape, model.num_latent,
                    own_symmetries(path.parent, model.decoder))


def with_input_statistics(imported: Imported, origin: dict[str, str], data_set: str | None,
                          statistics: tuple[str, str] | None) -> tuple[Imported, dict[str, str]]:
    """The networks for images in [0, 1], and their origin with what was done about it.

    statistics: mean and standard deviation as the user gave them.  Raises ArtifactError when they are needed."""
    if statistics is None and (origin["format"] == OWN or not sources()[origin["format"]].normalises):
        return imported, origin
    if statistics is not None:
        mean, std = parse_statistics(*statistics, imported.image_shape[0])
    elif data_set in STATISTICS:
        mean, std = STATISTICS[data_set]
    else:
        raise ArtifactError(f"{origin['project']} trains on (x - mean) / std, which {origin['file']} does not tell. "
                            f"Name its data set with --data_set ({', '.join(STATISTICS)}), or give --input_statistics "
                            "MEAN STD; 0 1 leaves images as they are.")
    encoder = Normalised(imported.encoder, mean, std).eval()
    return dataclasses.replace(imported, encoder=encoder), {**origin, "input": f"(x - {mean}) / {std}"}


def export_checkpoint(path: str | Path, output_dir: str | Path, *, source: str | None = None,
                      data_set: str | None = None, representation: str = "mean",
                      input_statistics: tuple[str, str] | None = None,
                      formats: Sequence[str] = FORMAT_NAMES, overwrite: bool = False,
                      allow_pickled_code: bool = False) -> Record:
    """Imports a checkpoint and exports it, verified on images of `data_set`, or on made-up ones without it.

    Raises UserError; then nothing is written."""
    imported, origin = with_input_statistics(*import_checkpoint(path, source, allow_pickled_code), data_set,
                                             input_statistics)
    images = verification_images(imported.image_shape, data_set)
    symmetries = imported.symmetries
    if imported.decoder is not None:
        symmetries = with_bases(symmetries, imported.decoder.state_dict())
    return export_representation(
        imported.encoder, output_dir, images, representation=representation, decoder=imported.decoder,
        data_set=data_set, source=origin, formats=formats, overwrite=overwrite,
        finish=lambda folder, _: save_symmetries(folder, symmetries))


def verification_images(image_shape: Sequence[int], data_set: str | None) -> np.ndarray:
    """(n, H, W, C) float32 in [0, 1]: images of the data set, or smooth random pictures where none is named.

    Raises UserError when the data set's images are of another shape."""
    channels, height, width = image_shape
    if data_set is None:
        coarse = np.random.RandomState(0).uniform(size=(NUM_IMAGES, channels, 4, 4))
        fine = np.kron(coarse, np.ones((1, 1, -(-height // 4), -(-width // 4))))[:, :, :height, :width]
        return fine.transpose(0, 2, 3, 1).astype(np.float32)
    images = images_of_data_set(data_set)
    if images.shape[1:] != (height, width, channels):
        raise UserError(f"The model takes images (C, H, W) = {tuple(image_shape)}, but those of {data_set} are "
                        f"{(images.shape[3], *images.shape[1:3])}; name the one it was trained on with --data_set.")
    return images


def images_of_data_set(name: str) -> np.ndarray:
    """(n, H, W, C) float32 in [0, 1] for a verification, always the same ones."""
    observations = data_sets()[name]().sample_observations(NUM_IMAGES, np.random.RandomState(0))
    return np.asarray(observations, dtype=np.float32)


def _refuse_other_kinds(located: Located, allow_pickled_code: bool) -> None:
    if located.kind == "weights":
        return
    if located.kind == "pickle":
        if located.path.suffix == ".dill" or not allow_pickled_code:
            raise UnsafeArtifactError(
                f"{located.path} is a Python pickle, not a checkpoint of torch.save. Reading it would run code from "
                "the file, so it is refused; if you trust where it comes from, add --allow_pickled_code.")
        return
    if located.kind == "saved_model":
        raise ArtifactError(f"{located.path} is a TensorFlow SavedModel; unbraid cannot read those yet. Export its "
                            "representation as ONNX (tf2onnx) and score that file.")
    raise ArtifactError(f"{located.path} is a finished graph, no checkpoint; score it as it is with unbraid-evaluate "
                        "--model_dir, or look at it with unbraid-export --inspect.")
