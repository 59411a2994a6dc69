"""Exporting: one module, every format, each read back and compared before the folder appears."""

from __future__ import annotations

import copy
import dataclasses
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..common.errors import UserError
from ..common.files import atomic_directory
from .errors import ArtifactError
from .formats import FORMAT_NAMES, Runner, file_name, get_formats
from .graphs import PosteriorModule, RepresentationModule, has_posterior
from .record import Record
from .verification import largest_difference, largest_sampling_error

logger = logging.getLogger(__name__)

REPRESENTATIONS = ("mean", "sample")
NUM_IMAGES = 64  # real images an export is verified on


def export_representation(
    module: torch.nn.Module, output_dir: str | Path, images: np.ndarray, *, representation: str = "mean",
    decoder: torch.nn.Module | None = None, method: str | None = None, data_set: str | None = None,
    gin_config: str = "", source: dict[str, str] | None = None,
    formats: Sequence[str] = FORMAT_NAMES, overwrite: bool = False,
    finish: Callable[[Path, Record], None] | None = None,
) -> Record:
    """Exports a network as `pytorch_model.pt`, `representation.onnx` and `representation.pt2`, verified.

    Beside them, as `posterior.*` and `decoder.*`, the posterior of a network that gives one, and the decoder.

    module: from images (N, C, H, W) float32 in [0, 1] to codes (N, D), or to (mean, log-variance) of which
    `representation`, "mean" or "sample", is exported.  It is copied, not changed.
    images: (n, H, W, C) float32 in [0, 1], at least 8 real ones of the data set, on which each file is compared.
    decoder: from codes (N, D) to images (N, C, H, W); exported beside the representation.
    method, data_set, gin_config, source: recorded in the files.  finish: called with the folder before it appears.
    Returns the record.  Raises UserError; then nothing is written."""
    images = _checked_images(images)
    if representation not in REPRESENTATIONS:
        raise UserError(f"Unknown representation {representation!r}; expected one of {', '.join(REPRESENTATIONS)}.")
    network = RepresentationModule(copy.deepcopy(module), representation).cpu().float().eval()
    inputs = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    codes = _codes(network, inputs)
    record = Record("representation", list(inputs.shape[1:]), codes.shape[1], representation, method=method,
                    data_set=data_set, gin_config=gin_config, source=source)
    with atomic_directory(output_dir, overwrite) as folder:
        record = _export_graph(network, inputs, record, folder, formats)
        if has_posterior(network.network, torch.from_numpy(inputs[:2])):
            described = dataclasses.replace(record, kind="posterior", columns=["mean", "log_variance"])
            _export_graph(PosteriorModule(network.network).eval(), inputs, described, folder, formats)
        if decoder is not None:
            decoder_network = copy.deepcopy(decoder).cpu().float().eval()
            _export_graph(decoder_network, codes, dataclasses.replace(record, kind="decoder"), folder, formats)
        if finish:
            finish(folder, record)
    return record


def _export_graph(network: torch.nn.Module, inputs: np.ndarray, record: Record, folder: Path,
                  formats: Sequence[str]) -> Record:
    """Writes one graph in every format; returns the record with the largest difference of all files."""
    example = torch.from_numpy(inputs[:2])
    differences = []
    for name, file_format in get_formats(formats).items():
        path = folder / file_name(file_format, record.kind)
        try:
            graph = file_format.convert(network, example, record.kind)
        except Exception as error:
            raise ArtifactError(f"The {record.kind} cannot be exported as {name}: {_summary(error)}") from error
        file_format.save(graph, path, record)
        difference = _verify(file_format.open(path, "cpu"), network, inputs, record, path.name)
        logger.info("%s verified: largest difference %.3g.", path.name, difference)
        file_format.save(graph, path, dataclasses.replace(record, largest_difference=difference))
        differences.append(difference)
    return dataclasses.replace(record, largest_difference=max(differences))


def _verify(exported: Runner, network: torch.nn.Module, inputs: np.ndarray, record: Record, name: str) -> float:
    if record.kind == "representation" and record.representation == "sample":
        mean = RepresentationModule(network.network, "mean").eval()  # type: ignore[arg-type]
        return largest_sampling_error(exported, _eager(mean), inputs, name)
    return largest_difference(exported, _eager(network), inputs, name)


def _eager(network: torch.nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    def run(inputs: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(inputs)).numpy()

    return run


def _codes(network: torch.nn.Module, inputs: np.ndarray) -> np.ndarray:
    """Codes of the eager network.  Raises ArtifactError unless they are one finite (N, D) tensor."""
    try:
        codes = _eager(network)(inputs)
    except Exception as error:
        raise ArtifactError(f"The module fails on images (N, C, H, W) = {inputs.shape}: {_summary(error)}") from error
    if codes.ndim != 2 or len(codes) != len(inputs):
        raise ArtifactError(f"The module returns shape {codes.shape} for {len(inputs)} images; expected codes "
                            f"({len(inputs)}, D), or (mean, log-variance) of that shape.")
    if not np.isfinite(codes).all():
        raise ArtifactError("The module gives NaN or infinite codes for the images; nothing was exported.")
    return codes


def _checked_images(images: Any) -> np.ndarray:
    images = np.asarray(images, dtype=np.float32)
    if images.ndim != 4 or images.shape[3] not in (1, 3) or len(images) < 8:
        raise UserError(f"Images have shape {images.shape}; expected at least 8 images (n, H, W, C) with 1 or 3 "
                        "channels.")
    if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
        raise UserError(f"Images range from {images.min():.3g} to {images.max():.3g}; expected [0, 1].")
    return images


def _summary(error: BaseException) -> str:
    """The first informative line of an exporter's report."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
