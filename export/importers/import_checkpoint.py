"""From another project's checkpoint to our artifact."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...common.errors import UserError
from ...ground_truth.registry import data_sets
from ..errors import ArtifactError, UnsafeArtifactError
from ..exporter import NUM_IMAGES, export_representation
from ..formats import FORMAT_NAMES
from ..locating import Located, locate
from ..record import Record
from .filling import Imported
from .reading import read_state
from .registry import source_of, sources

logger = logging.getLogger(__name__)


def import_checkpoint(path: str | Path, source: str | None = None,
                      allow_pickled_code: bool = False) -> tuple[Imported, dict[str, str]]:
    """The networks of a checkpoint, and where they came from, as the record has it.

    path: a file, or a folder that holds one.  source: name of a format, where the keys are not to decide.
    Raises ArtifactError or one of its kinds; nothing in the file is run unless `allow_pickled_code`."""
    located = locate(Path(path))
    _refuse_other_kinds(located, allow_pickled_code)
    state = read_state(located.path, allow_pickled_code)
    name = source_of(state, source)
    importer = sources()[name]
    imported = importer.convert(state)
    importer.check_folder(located.path.parent, imported)
    logger.info("%s is a checkpoint of %s.", located.path, importer.project)
    return imported, {"format": name, "project": importer.project, "file": str(located.path.name),
                      "sha256": hashlib.sha256(located.path.read_bytes()).hexdigest()}


def export_checkpoint(path: str | Path, output_dir: str | Path, *, source: str | None = None,
                      data_set: str | None = None, representation: str = "mean",
                      formats: Sequence[str] = FORMAT_NAMES, overwrite: bool = False,
                      allow_pickled_code: bool = False) -> Record:
    """Imports a checkpoint and exports it, verified on images of `data_set`, or on made-up ones without it.

    Raises UserError; then nothing is written."""
    imported, origin = import_checkpoint(path, source, allow_pickled_code)
    images = verification_images(imported.image_shape, data_set)
    return export_representation(
        imported.encoder, output_dir, images, representation=representation, decoder=imported.decoder,
        data_set=data_set, source=origin, formats=formats, overwrite=overwrite)


def verification_images(image_shape: Sequence[int], data_set: str | None) -> np.ndarray:
    """(n, H, W, C) float32 in [0, 1]: images of the data set, or smooth random pictures where none is named.

    Raises UserError when the data set's images are of another shape."""
    channels, height, width = image_shape
    random_state = np.random.RandomState(0)
    if data_set is None:
        coarse = random_state.uniform(size=(NUM_IMAGES, channels, 4, 4))
        fine = np.kron(coarse, np.ones((1, 1, -(-height // 4), -(-width // 4))))[:, :, :height, :width]
        return fine.transpose(0, 2, 3, 1).astype(np.float32)
    images = np.asarray(data_sets()[data_set]().sample_observations(NUM_IMAGES, random_state), dtype=np.float32)
    if images.shape[1:] != (height, width, channels):
        raise UserError(f"The model takes images (C, H, W) = {tuple(image_shape)}, but those of {data_set} are "
                        f"{(images.shape[3], *images.shape[1:3])}; name the one it was trained on with --data_set.")
    return images


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
