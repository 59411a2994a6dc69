"""Checkpoints: one file of tensors and plain data, written whole or not at all.

It says by name and arguments how its networks are built, so it is read without gin, without pickled code, and without
the objective that trained them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import nn

from ...common.checking.values import Interval, fits
from ...common.disk.files import atomic_file
from ...common.disk.reading import check_schema
from ...common.errors import UserError, shown
from ..architectures.activations import ACTIVATIONS
from ..architectures.registry import build

FILE_NAME = "checkpoint.pt"
FORMAT = "unbraid checkpoint"
VERSION = 1
MOST_KEYS = 5  # listed in a message
Size = Annotated[int, Interval(1, 65536)]
Description = dict[str, str | dict[str, Any]]  # {"name": ..., "arguments": {...}}
SCHEMA: dict[str, Any] = {
    "step": Annotated[int, Interval(0)], "elapsed_time": Annotated[float, Interval(0)], "seeds": dict[str, int],
    "method": str, "data_set": str, "image_shape": tuple[Size, Size, Size], "num_latent": Size,
    "activation": Literal["logits", "tanh"], "networks": dict[str, Description], "gin_config": str,
    "bindings": dict[str, str], "objective": dict[str, torch.Tensor], "batches": dict[str, Any],
    "random": dict[str, torch.Tensor | list[torch.Tensor]], "optimizers": dict[str, dict[str, Any]],
    "pending_log": dict[str, Any] | None, "data_files": dict[str, str] | None, "owes_callbacks": bool}
# Only resuming needs these.
OPTIONAL = frozenset({"elapsed_time", "seeds", "bindings", "batches", "random", "optimizers", "pending_log",
                      "data_files", "owes_callbacks"})


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
    """Replaces the checkpoint of `model_dir` at once.  content: tensors and plain data under the keys of SCHEMA.

    Tensors are saved as those of the CPU, so that the file looks the same wherever it was written."""
    with atomic_file(checkpoint_path(model_dir)) as temporary:
        torch.save({"format": FORMAT, "version": VERSION, **_on_cpu(content)}, temporary)


def _on_cpu(content: Any) -> Any:
    if isinstance(content, torch.Tensor):
        return content.detach().cpu()
    if isinstance(content, dict):
        return {name: _on_cpu(value) for name, value in content.items()}
    return type(content)(map(_on_cpu, content)) if isinstance(content, (list, tuple)) else content


def read_checkpoint(model_dir: Path) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU.

    Raises CheckpointError, naming the file, when it is missing, cut short, or something else."""
    path = checkpoint_path(model_dir)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint {path}; expected the model directory of a run of unbraid-train.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything
        raise CheckpointError(f"{path} cannot be read as a checkpoint; expected a whole file of tensors and plain data "
                              f"written by unbraid-train ({type(error).__name__}).") from error
    if not isinstance(content, dict) or not fits(content.get("format"), Literal[FORMAT]):
        raise CheckpointError(f"{path} is no checkpoint of unbraid-train; expected a file whose format is {FORMAT!r}.")
    if not fits(content.get("version"), Literal[VERSION]) or SCHEMA.keys() - OPTIONAL - content.keys():
        raise CheckpointError(f"{path} has format version {shown(content.get('version'))} and lacks "
                              f"{sorted(SCHEMA.keys() - OPTIONAL - content.keys()) or 'nothing'}; expected version "
                              f"{VERSION}.")
    try:
        check_schema(content, SCHEMA, path)
    except UserError as error:
        raise CheckpointError(f"{error} The checkpoint is damaged, or not written by unbraid-train.") from error
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


def take_networks(model: nn.Module, model_dir: Path) -> None:
    """Gives a model the weights of encoder and decoder in a checkpoint.

    Raises CheckpointError where they are of another architecture, and for what is no checkpoint."""
    own, found = ({name: tensor for name, tensor in weights.items() if name.startswith(("encoder.", "decoder."))}
                  for weights in (model.state_dict(), read_checkpoint(model_dir)["objective"]))
    _require_shapes(_shapes(found), _shapes(own), f"encoder and decoder in {checkpoint_path(model_dir)}",
                    "of this training")
    model.load_state_dict(found, strict=False)


def _shapes(weights: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def _require_shapes(found: dict[str, tuple[int, ...]], expected: dict[str, tuple[int, ...]], what: str,
                    architecture: str) -> None:
    """Raises CheckpointError where names or shapes of weights differ."""
    if different := sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)):
        raise CheckpointError(f"The weights of {what} do not fit the architecture {architecture}: " + ", ".join(
            f"{key} {found.get(key, 'missing')}, expected {expected.get(key, 'none')}"
            for key in different[:MOST_KEYS]))


def _network(content: dict[str, Any], name: str, path: Path) -> nn.Module:
    """One of the networks, whose sizes are compared with the weights before any memory is taken."""
    description = content["networks"][name]
    prefix = f"{name}."
    weights = {key.removeprefix(prefix): value for key, value in content["objective"].items() if key.startswith(prefix)}
    try:
        with torch.device("meta"):
            expected = _shapes(build(description).state_dict())
        _require_shapes(_shapes(weights), expected, f"{name!r} in {path}", repr(description["name"]))
        network = build(description)
        network.load_state_dict(weights)
    except CheckpointError:
        raise
    except Exception as error:  # sizes and options from a file may fail anywhere in a network's construction
        raise CheckpointError(f"The network {name!r} in {path} cannot be rebuilt from {shown(description)}: "
                              f"{error}") from error
    return network.eval()
