"""Checkpoints: one file of tensors and plain data, written whole or not at all.

It says by name and arguments how its networks are built, so it is read without gin, without pickled code, and without
the objective that trained them."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...common.errors import UserError
from ...common.files import atomic_file
from ..architectures.activations import ACTIVATIONS
from ..architectures.registry import build

FILE_NAME = "checkpoint.pt"
FORMAT = "unbraid checkpoint"
VERSION = 1
KEYS = frozenset({"step", "method", "data_set", "image_shape", "num_latent", "networks", "activation", "gin_config",
                  "objective"})


class CheckpointError(UserError):
    """A file that is no checkpoint of ours, or not a whole one."""


@dataclass(frozen=True)
class TrainedModel:
    """What a checkpoint knows of a trained model; networks are in evaluation mode, on the CPU."""

    encoder: nn.Module
    """Images (N, C, H, W) float32 in [0, 1] -> mean and log-variance, each (N, D)."""
    decoder: nn.Module
    """Latents (N, D) -> images (N, C, H, W) in [0, 1]."""
    input_shape: tuple[int, int, int]
    num_latent: int
    method: str
    data_set: str
    gin_config: str
    step: int


class ImageDecoder(nn.Module):
    """A decoder of logits followed by the activation that makes images of them."""

    def __init__(self, decoder: nn.Module, activation: str):
        super().__init__()
        self.decoder = decoder
        self.activation = activation

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return ACTIVATIONS[self.activation](self.decoder(latents))


def checkpoint_path(model_dir: Path) -> Path:
    """Where the checkpoint of a training lies."""
    return Path(model_dir) / FILE_NAME


def write_checkpoint(model_dir: Path, content: dict[str, Any]) -> None:
    """Replaces the checkpoint of `model_dir` at once.  content: tensors and plain data under at least KEYS."""
    with atomic_file(checkpoint_path(model_dir)) as temporary:
        torch.save({"format": FORMAT, "version": VERSION, **content}, temporary)


def read_checkpoint(model_dir: Path) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU.

    Raises CheckpointError, naming the file, when it is missing, cut short, or something else."""
    path = checkpoint_path(model_dir)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint {path}; expected the model directory of a run of unbraid-train.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} cannot be read as a checkpoint; expected a whole file of tensors and plain data "
                              f"written by unbraid-train ({type(error).__name__}).") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is no checkpoint of unbraid-train; expected a file whose format is {FORMAT!r}.")
    if content["version"] != VERSION or KEYS - content.keys():
        raise CheckpointError(f"{path} has format version {content['version']} and lacks "
                              f"{sorted(KEYS - content.keys()) or 'nothing'}; expected version {VERSION}.")
    return content


def load_model(model_dir: Path) -> TrainedModel:
    """The networks of a checkpoint, rebuilt from plain data.

    Raises CheckpointError when the file is missing, cut short, or something else."""
    content = read_checkpoint(Path(model_dir))
    networks = {name: _network(content, name, checkpoint_path(model_dir)) for name in ("encoder", "decoder")}
    channels, height, width = content["image_shape"]
    return TrainedModel(encoder=networks["encoder"],
                        decoder=ImageDecoder(networks["decoder"], content["activation"]).eval(),
                        input_shape=(channels, height, width), num_latent=content["num_latent"],
                        method=content["method"], data_set=content["data_set"], gin_config=content["gin_config"],
                        step=content["step"])


def _network(content: dict[str, Any], name: str, path: Path) -> nn.Module:
    network = build(content["networks"][name])
    prefix = f"{name}."
    weights = {key.removeprefix(prefix): value for key, value in content["objective"].items() if key.startswith(prefix)}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"The weights of {name!r} in {path} do not fit the architecture "
                              f"{content['networks'][name]['name']!r}: {error}") from error
    return network.eval()
