"""Exporting: one module, every format, each read back and compared before the folder appears."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...common.disk.files import atomic_directory
from ...common.errors import UserError
from ...common.numerics.array_likes import to_array
from ...common.numerics.generators import generators_kept
from ...ground_truth.catalogue.recorded import bindings_used
from ...ground_truth.registry import data_sets
from ..errors import ArtifactError
from ..files.record import Record
from ..formats import FORMAT_NAMES, Runner
from ..postprocessing.affine import AffineMap
from ..reading.batch_dependence import batch_dependence, refuse_dependence
from .graphs import DecoderOfCodes, PosteriorModule, RepresentationModule, has_posterior, latents_of
from .own_models import ImageModule, as_encoder, as_module, decoder_of
from .verification import largest_difference, largest_sampling_error
from .write_graph import summary, write_graph

REPRESENTATIONS = ("mean", "sample")
CHANNELS = (1, 3)
ENCODER_NAMES = ("encoder", "encoder_net", "enc", "backbone")  # parts of an autoencoder whose forward gives images


def export_representation(
    module: torch.nn.Module | Callable[..., Any], output_dir: str | Path, images: np.ndarray, *,
    representation: str = "mean",
    decoder: torch.nn.Module | Callable[..., Any] | None = None, method: str | None = None, data_set: str | None = None,
    gin_config: str = "", source: dict[str, str] | None = None, postprocessing: AffineMap | None = None,
    formats: Sequence[str] = FORMAT_NAMES, optional: Collection[str] = (), overwrite: bool = False,
    finish: Callable[[Path, Record], None] | None = None, allow_batch_dependence: bool = False,
) -> Record:
    """Exports a network as `pytorch_model.pt`, `representation.onnx` and `representation.pt2`, verified.

    Beside them, as `posterior.*` and `decoder.*`, the posterior of a network that gives one, and the decoder.

    module: from images (N, C, H, W) float32 in [0, 1] to codes (N, D), or to (mean, log-variance), a distribution or an
    output object, of which `representation`, "mean" or "sample", is exported.  A module with `encode` is asked by that,
    and its `decode` is the decoder unless another is given; a bound method is asked itself.  It is copied, not changed.
    images: (n, H, W, C) or (n, C, H, W) float32 in [0, 1], an array or a tensor, at least 8 real ones of the data set,
    on which each file is compared.
    decoder: a module, or a method of one, from codes (N, D) to images (N, C, H, W); exported beside the representation.
    postprocessing: a map of the codes, such as `unbraid.export.fitting.fit_ica` gives, inside the
    graph; a network may then return codes (N, T, V).  The decoder is exported behind its inverse, so that it decodes
    what is exported.
    method, data_set, gin_config, source: recorded in the files.
    optional: those of `formats` that are left out, with a warning, where the network cannot be written in them.
    finish: called with the folder before it appears.
    allow_batch_dependence: also exports a network whose output for one row depends on the other rows of its batch, and
    records the difference.
    Returns the record.  Raises UserError; then nothing is written."""
    images = checked_images(images)
    if representation not in REPRESENTATIONS:
        raise UserError(f"Unknown representation {representation!r}; expected one of {', '.join(REPRESENTATIONS)}.")
    if data_set is not None:
        data_sets()[data_set]  # an unknown name is refused before anything is written
    model = copy.deepcopy(module)
    network = RepresentationModule(as_encoder(model), representation, postprocessing).cpu().float().eval()
    inputs = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    codes = _codes(network, inputs, postprocessing)
    record = Record("representation", list(inputs.shape[1:]), codes.shape[1], representation, method=method,
                    data_set=data_set, data_bindings=bindings_used(data_set), gin_config=gin_config, source=source,
                    postprocessing=postprocessing.description if postprocessing else None)
    with atomic_directory(output_dir, overwrite) as folder:
        write = partial(_write, folder=folder, formats=formats, optional=optional,
                        allow_batch_dependence=allow_batch_dependence)
        record = write(network, inputs, record)
        latents = latents_of(network.network, images)
        if has_posterior(network.network, torch.from_numpy(inputs[:2])):
            described = dataclasses.replace(record, kind="posterior", num_latents=latents.shape[1],
                                            columns=["mean", "log_variance"])
            write(PosteriorModule(network.network).eval(), inputs, described)
        found = as_module(decoder) if decoder is not None else decoder_of(model, torch.from_numpy(latents[:2]),
                                                                          record.image_shape)
        if found is not None:
            decoder_network = _decoder(found, postprocessing, latents.shape[1:], record.image_shape)
            write(decoder_network, codes, dataclasses.replace(record, kind="decoder"))
        if finish:
            finish(folder, record)
    return record


def _decoder(decoder: torch.nn.Module, postprocessing: AffineMap | None, latent_shape: Sequence[int],
             image_shape: Sequence[int]) -> torch.nn.Module:
    """Returns a copy that decodes what the representation gives, to images and nothing else."""
    decoder = ImageModule(copy.deepcopy(decoder), image_shape)
    if postprocessing is not None:
        decoder = DecoderOfCodes(decoder, postprocessing, latent_shape)
    return decoder.cpu().float().eval()


def _write(network: torch.nn.Module, inputs: np.ndarray, record: Record, folder: Path, formats: Sequence[str],
           optional: Collection[str], allow_batch_dependence: bool) -> Record:
    example = torch.from_numpy(inputs[:2])
    is_sample = record.kind == "representation" and record.representation == "sample"
    expected = copy.copy(network)
    if is_sample:
        expected.representation = "mean"  # type: ignore[assignment]

    def verify(exported: Runner, name: str) -> float:
        if not is_sample:
            return largest_difference(exported, _eager(expected), inputs, name)
        with generators_kept():
            exported.seed_noise(0)
            return largest_sampling_error(exported, _eager(expected), inputs, name)

    dependence = refuse_dependence(batch_dependence(_eager(expected), inputs), f"The {record.kind} of the module",
                                   allow_batch_dependence)
    return write_graph(lambda file_format: file_format.convert(network, example, record.kind), verify,
                       dataclasses.replace(record, batch_dependence=dependence), folder, formats, optional)


def _eager(network: torch.nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    def run(inputs: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(inputs)).numpy()

    return run


def _codes(network: RepresentationModule, inputs: np.ndarray, postprocessing: AffineMap | None) -> np.ndarray:
    """Codes of the eager network.  Raises ArtifactError unless they are one finite (N, D) tensor."""
    try:
        if postprocessing is not None:
            postprocessing.check_width(latents_of(network.network, inputs[:2].transpose(0, 2, 3, 1))[0].size)
        codes, again = _eager(network)(inputs), _eager(network)(inputs)
    except UserError:
        raise
    except Exception as error:
        raise ArtifactError(f"The module fails on images (N, C, H, W) = {inputs.shape}: {summary(error)}") from error
    if codes.ndim != 2 or len(codes) != len(inputs):
        part = next((name for name in ENCODER_NAMES if hasattr(network.network, name)), None)
        hint = f" Its part {part} may be meant: give model.{part}." if part else ""
        raise ArtifactError(f"The module returns shape {codes.shape} for {len(inputs)} images; expected codes "
                            f"({len(inputs)}, D), or (mean, log-variance) of that shape.{hint}")
    if not np.isfinite(codes).all():
        raise ArtifactError("The module gives NaN or infinite codes for the images; nothing was exported.")
    if network.representation == "mean" and not np.array_equal(codes, again):
        raise ArtifactError("The module draws random numbers: two calls with the same images give other codes. Give a "
                            "method or module that returns the mean, or (mean, log-variance); nothing was exported.")
    return codes


def checked_images(images: Any) -> np.ndarray:
    """Returns images (n, H, W, C) float32 of an array or tensor that may be (n, C, H, W).

    Raises UserError for fewer than 8, another shape, or values outside [0, 1]."""
    images = to_array(images, "images")
    if images.ndim == 4 and images.shape[3] not in CHANNELS and images.shape[1] in CHANNELS:
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in CHANNELS or len(images) < 8:
        raise UserError(f"Images have shape {images.shape}; expected at least 8 images (n, H, W, C) or (n, C, H, W) "
                        "with 1 or 3 channels.")
    images = np.asarray(images, dtype=np.float32)
    if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
        raise UserError(f"Images range from {images.min():.3g} to {images.max():.3g}; expected [0, 1]. Divide "
                        "bytes by 255.")
    return images
