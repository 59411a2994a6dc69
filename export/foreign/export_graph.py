"""unbraid-export --from a finished graph of somebody else: our input, output and record around it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.commands.wording import option
from ...common.disk.files import atomic_directory
from ...common.errors import UserError
from ...ground_truth.catalogue.recorded import bindings_used
from ...ground_truth.registry import data_sets
from ..errors import ArtifactError
from ..files.locating import Located, sha256_of
from ..files.record import Record
from ..formats import FORMAT_NAMES
from ..postprocessing.affine import AffineMap
from ..postprocessing.representations import Postprocessing, Recipe
from ..reading.artifact import Representation, load_representation
from ..reading.batches import in_batches
from ..writing.exporter import export_representation
from ..writing.verification import largest_difference
from ..writing.verification_images import images_of_data_set, verification_images
from ..writing.write_graph import write_graph
from .adapter import ForeignRunner
from .flags import refuse_other_channels
from .graph_description import Hints, Understanding
from .graph_module import ForeignModule
from .probing import SHAPES
from .trial import understand_in_trial

logger = logging.getLogger(__name__)

# What each kind of file can be written as: torch.export takes no TorchScript, and nothing makes a module of ONNX.
CONVERSIONS = {"torchscript": ("torchscript", "onnx"), "export": FORMAT_NAMES, "onnx": ("onnx",)}


def export_graph(located: Located, output_dir: str | Path, *, hints: Hints, data_set: str | None = None,
                 postprocessing: Postprocessing | None = None, formats: Sequence[str] | None = None,
                 overwrite: bool = False, allow_pickled_code: bool = False,
                 allow_batch_dependence: bool = False) -> Record:
    """Writes an artifact of ours that answers as the graph does, verified on images of `data_set`, or on made-up ones.

    formats: by default all that the graph can be converted into.  Raises UserError; then nothing is written."""
    chosen = _formats(located, formats)
    postprocessing = postprocessing or Postprocessing(Recipe())
    representation = load_representation(located.path, device="cpu", allow_pickled_code=allow_pickled_code, hints=hints,
                                         allow_batch_dependence=allow_batch_dependence)
    how, images = _understood(representation, hints, data_set, postprocessing)
    representation(images)  # raises where a row's code depends on its batch
    source = {"format": located.kind, "project": "unknown", "file": located.path.name,
              "sha256": sha256_of(located)}
    data = data_sets()[data_set]() if data_set else None
    affine = postprocessing.fitted(lambda observations: _latents(representation, how, observations), data, data_set)
    if located.kind == "onnx":
        record = Record("representation", list(how.image_shape), how.num_latents, data_set=data_set, source=source,
                        data_bindings=bindings_used(data_set), batch_dependence=representation.batch_dependence)
        return _export_onnx(located.path, how, representation, images, affine, record, output_dir, overwrite)
    module = ForeignModule(_graph(representation).module, how).eval()
    return export_representation(
        module, output_dir, images, postprocessing=affine, data_set=data_set, source=source, formats=chosen,
        optional=() if formats else set(chosen) - {located.kind}, overwrite=overwrite,
        allow_batch_dependence=allow_batch_dependence)


def _formats(located: Located, formats: Sequence[str] | None) -> Sequence[str]:
    possible = CONVERSIONS[located.kind]
    if formats is None:
        if missing := [name for name in FORMAT_NAMES if name not in possible]:
            logger.warning("%s is %s, which is not converted into %s.", located.path, located.kind,
                           " or ".join(missing))
        return possible
    if impossible := [name for name in formats if name not in possible]:
        raise UserError(f"{located.path} is {located.kind}, which is not converted into {' or '.join(impossible)}; "
                        f"choose {option('formats', ' '.join(possible))}, or export the network itself with "
                        "unbraid.export.export_representation.")
    return formats


def _understood(representation: Representation, hints: Hints, data_set: str | None,
                postprocessing: Postprocessing) -> tuple[Understanding, np.ndarray]:
    """How the graph is called, and images (n, H, W, C) for the verification.  Raises ArtifactError where it cannot be
    an artifact of ours."""
    path = representation.path
    if representation.record:
        raise ArtifactError(f"{path} is an artifact of unbraid already; copy it, or export its model again.")
    images = None if data_set is None else images_of_data_set(data_set)
    shapes: Any = SHAPES if images is None else [(images.shape[3], *images.shape[1:3])]
    how = understand_in_trial(_graph(representation), _runner(representation).backend, shapes, hints, path)
    if hints.input_statistics:
        refuse_other_channels(hints.input_statistics, how.image_shape[0])
    if how.layout_is_assumed:
        logger.warning("%s runs on images of either layout; %s is assumed, %s says otherwise.", path, how.layout,
                       option("layout", "NHWC"))
    if how.batch_size is not None:
        raise ArtifactError(f"{path} takes exactly {how.batch_size} images at once, and an artifact any number. Score "
                            "it as it is with unbraid-evaluate, which runs it in chunks, or have it exported with a "
                            "free batch size.")
    if not how.is_deterministic or postprocessing.recipe.statistic == "sample":
        raise ArtifactError(f"{path}: output {how.output} {'is one tensor' if how.is_deterministic else 'is drawn'}; a "
                            "graph's mean is exported, and its samples are scored as they are with unbraid-evaluate. "
                            f"Its outputs are {', '.join(how.outputs)}; {option('output', 'NAME')} chooses one.")
    return how, verification_images(how.image_shape, None) if images is None else images


def _latents(representation: Representation, how: Understanding, observations: Any) -> np.ndarray:
    """(n, D), or (n, T, V) of a graph that gives tokens."""
    codes = in_batches(representation, observations)
    return codes if how.token_size is None else codes.reshape(len(codes), -1, how.token_size)


def _graph(representation: Representation) -> Any:
    """The stranger's graph behind the runner that adapts it."""
    return _runner(representation).graph


def _runner(representation: Representation) -> ForeignRunner:
    assert isinstance(representation.graph, ForeignRunner)
    return representation.graph


def _export_onnx(path: Path, how: Understanding, representation: Representation, images: np.ndarray,
                 affine: AffineMap | None, record: Record, output_dir: str | Path, overwrite: bool) -> Record:
    from ..formats.external_data import load_with_weights
    from .onnx_graph import adapted

    model = load_with_weights(path)
    runner: Any = representation.graph
    if affine is not None:
        affine.check_width(how.num_latents)
        record = dataclasses.replace(record, num_latents=len(affine.offset), postprocessing=affine.description)

    def write(kind: str, record: Record, folder: Path) -> Record:
        def expected(values: np.ndarray) -> np.ndarray:
            answer = runner.posterior(values) if kind == "posterior" else runner(values)
            return answer if affine is None or kind == "posterior" else affine(answer).astype(np.float32)

        inputs = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return write_graph(lambda _: adapted(model, how, kind, affine if kind == "representation" else None),
                           lambda exported, name: largest_difference(exported, expected, inputs, name),
                           record, folder, ["onnx"])

    with atomic_directory(output_dir, overwrite) as folder:
        if how.head or how.log_variance:
            write("posterior", dataclasses.replace(record, kind="posterior", num_latents=how.num_latents,
                                                   columns=["mean", "log_variance"]), folder)
        return write("representation", record, folder)
