"""What may look on while a model trains: callbacks, which gin binds by name as `model.callbacks = [@name()]`.

This floor knows none of them; the code that scores lives two floors up, and gin's `import` statement finds it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from ...common.errors import ConfigurationError
from ...ground_truth.ground_truth_data import GroundTruthData
from ..architectures.activations import ACTIVATIONS
from ..data.image_loader import FloatLoader
from ..speed.fast_layers import plain_layers
from ..speed.precision import float32

FOLDER_NAME = "evaluation"


@dataclass(frozen=True)
class Training:
    """What a callback sees of a training."""

    output_dir: Path
    """A folder to write to, beside the checkpoint."""
    data_set: str
    data: GroundTruthData
    training_steps: int
    step_increment: int
    encode: MeanEncoder
    """Images (n, H, W, C) float32 in [0, 1] -> mean of the posterior (n, D) float32, as the model is at the moment."""
    decode: Callable[[np.ndarray], np.ndarray]
    """Codes (n, D) float32 -> images (n, H, W, C) float32 in [0, 1], as the model is at the moment."""


class Callback(Protocol):
    """Scores a model at some steps; changes nothing in it and draws from none of torch's or numpy's global streams."""

    def start(self, training: Training) -> None:
        """Called before the first update.  Raises UserError for what it will not be able to do."""

    def is_due(self, step: int) -> bool:
        """Whether it has something to do after the update that led to the global step `step`."""

    def __call__(self, step: int) -> Mapping[str, float]:
        """Scores by name, for TensorBoard, the CSV and the table at the end."""


class MeanEncoder:
    """The mean of the posterior in evaluation mode, in float32, as an export gives it."""

    def __init__(self, encoder: nn.Module, device: str):
        self.encoder, self.device = encoder, device
        self.load = FloatLoader(device)

    @torch.no_grad()
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """images: (n, H, W, C) float32 in [0, 1].  Returns (n, D) float32."""
        with _as_exported(self.encoder):
            return self.encoder(self.load(images))[0].cpu().numpy()

    def sha256(self) -> str:
        """Hash of the encoder's weights as they are now."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode() + tensor.cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


class MeanDecoder:
    """Decodes codes to images in evaluation mode, in float32, as an exported decoder does."""

    def __init__(self, decoder: nn.Module, activation: str, device: str):
        """activation: name of the function that turns the decoder's output into images in [0, 1]."""
        self.decoder, self.activation, self.device = decoder, ACTIVATIONS[activation], device

    @torch.no_grad()
    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """codes: (n, D) float32.  Returns (n, H, W, C) float32 in [0, 1]."""
        with _as_exported(self.decoder):
            images = self.activation(self.decoder(torch.from_numpy(codes).to(self.device)))
            return images.permute(0, 2, 3, 1).cpu().numpy()


@contextlib.contextmanager
def _as_exported(network: nn.Module) -> Iterator[None]:
    """Within the block a network in training computes as its export does: in evaluation mode, in float32, with the
    plain layers."""
    was_training = network.training
    network.eval()
    try:
        with float32(), plain_layers():
            yield
    finally:
        network.train(was_training)


def start_callbacks(callbacks: Sequence[Callback], training: Training) -> None:
    """Starts every callback.  Raises ConfigurationError for anything that is none."""
    if not isinstance(callbacks, (list, tuple)):
        raise ConfigurationError(f"model.callbacks is {callbacks!r}; expected a list, such as "
                                 "[@evaluate_during_training()].")
    for callback in callbacks:
        if isinstance(callback, type) or not hasattr(callback, "is_due"):
            raise ConfigurationError(f"model.callbacks holds {callback!r}; expected instances of callbacks, such as "
                                     "@evaluate_during_training().")
        callback.start(training)
