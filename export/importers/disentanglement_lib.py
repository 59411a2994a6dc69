"""disentanglement_lib: TF1 Hub modules of trained models (`tfhub/`), and of their post-processed representations."""

from __future__ import annotations

import dataclasses
import logging
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from ...common.disk.reading import read_text
from ...training.architectures.activations import ACTIVATIONS
from ..errors import ArtifactError, ExportMismatchError
from ..writing.verification import TOLERANCE
from ..writing.verification_images import verification_images
from .filling import Filling, Imported, Pictures, fill
from .registry import BaseSource, source
from .state import State
from .tensorflow_layers import channels_first, take_layer, take_layers
from .tensorflow_module import Module, read_variables

logger = logging.getLogger(__name__)

ENCODER, REPRESENTATION, DECODER = "gaussian_encoder", "representation", "decoder"  # signatures of the modules
LAST_MAPS = (64, 4, 4)  # between the convolutions and the dense layers of either network
NUM_COMPARED = 8
MOST_BYTES = 1 << 20  # of a text beside the weights
OTHERS = ("discriminator/", "global_step", "beta1_power", "beta2_power")


@source("disentanglement_lib")
class DisentanglementLib(BaseSource):
    """Encoders and decoders of the study, named as TensorFlow names layers; the mean, unless the module samples."""

    project = "google-research/disentanglement_lib"

    def matches(self, keys: Collection[str]) -> bool:
        return "encoder/e1/kernel" in keys

    def convert(self, state: State) -> Imported:
        encoder = _encoder(state)
        decoder = _decoder(state, encoder) if any(key.startswith("decoder/") for key in state.tensors) else None
        return fill(state, encoder, decoder, ignored=OTHERS)

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        """Compares the networks with the module's own graph, which also says whether it samples."""
        module = Module(folder)
        if activation := _activation(folder):
            imported = _with_activation(imported, activation)
        for name, theirs, ours in _answers(module, read_variables(folder).tensors, imported):
            difference, allowed = np.abs(theirs - ours).max(), TOLERANCE * max(1.0, np.abs(theirs).max())
            if not difference <= allowed:  # also catches NaN
                raise ExportMismatchError(f"{folder}: the networks rebuilt from its variables differ from its own "
                                          f"{name} by {difference:.3g}, tolerance {allowed:.3g}. Its graph is not that "
                                          "of disentanglement_lib; export it as ONNX (tf2onnx) and score that file.")
            logger.info("%s: %s as the module's own, largest difference %.2g.", folder, name, difference)
        is_sample = REPRESENTATION in module.signatures and module.draws(REPRESENTATION, "default")
        return dataclasses.replace(imported, statistic="sample" if is_sample else "mean")


def _encoder(state: State) -> Filling:
    """conv_encoder names its heads; fc_encoder leaves that to TensorFlow; test_encoder has heads only."""
    if "encoder/e3/kernel" in state.tensors:
        shape = (state.size("encoder/e1/kernel", 2, default=1), 64, 64)
        filling = Filling("conv_encoder", shape, state.size("encoder/means/kernel", 1, default=10))
        take_layers(filling, "features", [f"encoder/e{i}" for i in range(1, 6)], first=channels_first(LAST_MAPS))
        return take_layers(filling, "head", ["encoder/means", "encoder/log_var"])
    shape = _shape_of(state.size("encoder/e1/kernel", 0, default=4096))
    if "encoder/dense/kernel" in state.tensors:
        filling = Filling("fc_encoder", shape, state.size("encoder/dense/kernel", 1, default=10))
        take_layers(filling, "features", ["encoder/e1", "encoder/e2"], first=channels_first(shape))
        return take_layers(filling, "head", ["encoder/dense", "encoder/dense_1"])
    filling = Filling("test_encoder", shape, state.size("encoder/e1/kernel", 1, default=10))
    take_layer(filling, "head.mean", "encoder/e1", inputs=channels_first(shape))
    take_layer(filling, "head.log_variance", "encoder/e2", inputs=channels_first(shape))
    return filling


def _decoder(state: State, encoder: Filling) -> Filling:
    shape, num_latent = encoder.image_shape, encoder.num_latent
    if "decoder/d1/kernel" in state.tensors:
        return take_layers(Filling("test_decoder", shape, num_latent), "layers", ["decoder/d1"],
                           last=channels_first(shape))
    if "decoder/conv2d_transpose/kernel" in state.tensors:
        layers = ["dense", "dense_1", "conv2d_transpose", *(f"conv2d_transpose_{i}" for i in (1, 2, 3))]
        return take_layers(Filling("deconv_decoder", shape, num_latent), "layers",
                           [f"decoder/{layer}" for layer in layers], last=channels_first(LAST_MAPS))
    return take_layers(Filling("fc_decoder", shape, num_latent), "layers",
                       [f"decoder/dense{end}" for end in ("", "_1", "_2", "_3")], last=channels_first(shape))


def _shape_of(size: int) -> tuple[int, int, int]:
    """(C, H, W) of a flattened square image, grey or in colour; three squares are no square."""
    channels = 1 if math.isqrt(size) ** 2 == size else 3
    side = math.isqrt(size // channels)
    return channels, side, side


def _answers(module: Module, variables: Mapping[str, torch.Tensor],
             imported: Imported) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What the module and the networks say to the same images and codes, by name."""
    signature = REPRESENTATION if REPRESENTATION in module.signatures else ENCODER
    if signature not in module.signatures:
        raise ArtifactError(f"{module.folder} has the signatures {', '.join(module.signatures) or 'none'}; expected "
                            f"{ENCODER} or {REPRESENTATION}, as modules of disentanglement_lib have.")
    channels, height, width = imported.image_shape
    if module.input_shape(signature) != (height, width, channels):
        raise ArtifactError(f"{module.folder} takes images (H, W, C) = {module.input_shape(signature)}, but its "
                            f"variables are of {(height, width, channels)}. They are not of one module.")
    images = verification_images(imported.image_shape, None)[:NUM_COMPARED]
    with torch.inference_mode():
        mean, log_variance = (part.numpy() for part in imported.encoder(torch.from_numpy(images.transpose(0, 3, 1, 2))))
    if signature == ENCODER:
        yield "mean", module.run(signature, "mean", images, variables), mean
        yield "log-variance", module.run(signature, "logvar", images, variables), log_variance
    else:
        yield "representation", module.run(signature, "default", images, variables), mean
        if module.draws(signature, "default"):
            one_deviation_off = module.run(signature, "default", images, variables, noise=1.0)
            yield "sample", one_deviation_off, mean + np.exp(log_variance / 2)
    if DECODER in module.signatures and isinstance(imported.decoder, Pictures):
        with torch.inference_mode():
            logits = imported.decoder.decoder(torch.from_numpy(mean)).numpy().transpose(0, 2, 3, 1)
        yield "decoder", module.run(DECODER, "images", mean, variables), logits


def _activation(folder: Path) -> str | None:
    """What makes images of the decoder's output, as the gin configuration of the training says: logits or tanh."""
    for path in (folder.parent / "results" / "gin" / "train.gin", folder / "results" / "gin" / "train.gin"):
        if path.is_file():
            text = read_text(path, "a gin configuration", MOST_BYTES)
            if found := re.search(r"^\s*reconstruction_loss\.activation\s*=\s*['\"](\w+)['\"]", text, re.MULTILINE):
                return found.group(1)
    return None


def _with_activation(imported: Imported, activation: str) -> Imported:
    if not isinstance(imported.decoder, Pictures):
        return imported
    if activation not in ACTIVATIONS:
        raise ArtifactError(f"The run's train.gin says reconstruction_loss.activation = {activation!r}; expected one "
                            f"of {', '.join(ACTIVATIONS)}.")
    return dataclasses.replace(imported, decoder=Pictures(imported.decoder.decoder, activation).eval())
