"""Networks of ours filled with a stranger's tensors, every key and shape accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...common.commands.wording import option
from ...training.architectures.activations import ACTIVATIONS
from ...training.architectures.registry import build
from ..errors import ArtifactError
from ..files.symmetries import NO_SYMMETRIES, Symmetries
from .state import State

Shape = tuple[int, ...]


class KeyMismatchError(ArtifactError):
    """A checkpoint whose keys or shapes are not those of the project it is said to be from."""


@dataclass(frozen=True)
class Piece:
    """How one tensor of ours is made of tensors of theirs, and the shape that theirs must have."""

    keys: tuple[str, ...]
    make: Callable[..., torch.Tensor]
    their_shape: Callable[[Shape], Shape]


class Filling:
    """One network of ours, whose parameters have shapes but no values, and the pieces it will be filled with."""

    def __init__(self, architecture: str, image_shape: Sequence[int], num_latent: int, **options: Any):
        self.image_shape, self.num_latent, self.options = tuple(image_shape), num_latent, options
        arguments = {"image_shape": list(image_shape), "num_latent": num_latent, **options}
        self.description = {"name": architecture, "arguments": arguments}
        with torch.device("meta"):  # shapes only: what lies beside the weights may claim sizes that no machine holds
            self.network = build(self.description)
        self.pieces: dict[str, Piece] = {}

    def take(self, part: str, layers: Sequence[str]) -> Filling:
        """Weights and biases of their `layers`, for the layers of our submodule `part` in order."""
        ours = [name for name, module in self.network.get_submodule(part).named_modules() if hasattr(module, "weight")]
        assert len(ours) == len(layers), (ours, layers)
        for name, theirs in zip(ours, layers, strict=True):
            self.take_layer(".".join(filter(None, (part, name))), theirs)
        return self

    def take_all(self, part: str, prefix: str) -> Filling:
        """Every tensor of our submodule `part`, named alike behind `prefix`."""
        for name in self.network.get_submodule(part).state_dict():
            self.pieces[f"{part}.{name}"] = Piece((f"{prefix}{name}",), torch.clone, lambda shape: shape)
        return self

    def take_layer(self, ours: str, theirs: str, make: Callable[[torch.Tensor], torch.Tensor] = torch.clone,
                   rows: int = 1) -> Filling:
        """One layer, made by `make` of their weight and bias, which have `rows` times as many rows as ours."""
        for kind in ("weight", "bias"):
            self.pieces[f"{ours}.{kind}"] = Piece((f"{theirs}.{kind}",), make,
                                                  lambda shape: (rows * shape[0], *shape[1:]))
        return self

    def take_interleaved(self, head: str, theirs: str) -> Filling:
        """A Gaussian head from one layer whose rows alternate between mean and log-variance."""
        self.take_layer(f"{head}.mean", theirs, lambda tensor: tensor[0::2].clone(), rows=2)
        return self.take_layer(f"{head}.log_variance", theirs, lambda tensor: tensor[1::2].clone(), rows=2)

    def take_halves(self, head: str, theirs: str) -> Filling:
        """A Gaussian head from one layer with all means first, then all log-variances."""
        self.take_layer(f"{head}.mean", theirs, lambda tensor: tensor.chunk(2)[0].clone(), rows=2)
        return self.take_layer(f"{head}.log_variance", theirs, lambda tensor: tensor.chunk(2)[1].clone(), rows=2)

    def take_network(self, part: str, filling: Filling) -> Filling:
        """All of what fills another network, for our submodule `part` of the same kind."""
        self.pieces |= {f"{part}.{name}": piece for name, piece in filling.pieces.items()}
        return self

    def take_stacked(self, ours: str, theirs: Sequence[str], new_axis: bool = False) -> Filling:
        """One tensor (n, ...) from n tensors (1, ...), or (...) with a new axis."""
        self.pieces[ours] = Piece(tuple(theirs), lambda *tensors: torch.stack(tensors) if new_axis
                                  else torch.cat(tensors), lambda shape: shape[1:] if new_axis else (1, *shape[1:]))
        return self


@dataclass(frozen=True)
class Imported:
    """Networks in evaluation mode on the CPU, as they came out of a checkpoint."""

    encoder: nn.Module
    """Images (N, C, H, W) in [0, 1] to (mean, log-variance), or to codes (N, D)."""
    decoder: nn.Module | None
    """Codes (N, D) to images (N, C, H, W) in [0, 1], or as the encoder takes them where `decodes_input`."""
    image_shape: tuple[int, ...]
    """Empty, and num_latent 0, for a pickled module, which does not tell."""
    num_latent: int
    symmetries: Symmetries = NO_SYMMETRIES
    """CFASL's codebook; a Lie algebra's bases are the decoder's."""
    statistic: str = "mean"
    """What of the posterior the file is the representation of: "mean" or "sample"."""
    method: str | None = None
    """What it was trained with, by the method's name here, where the checkpoint says so."""
    data_set: str | None = None
    """What it is scored on where nobody says otherwise, where the checkpoint says so."""
    gin_config: str = ""
    """The configuration of the training, of a checkpoint of ours."""
    decodes_input: bool = False
    """Whether pictures of the decoder are normalised as the encoder's input is."""


class Pictures(nn.Module):
    """A decoder of logits followed by what makes images in [0, 1] of them."""

    def __init__(self, decoder: nn.Module, activation: str):
        super().__init__()
        self.decoder, self.activation = decoder, ACTIVATIONS[activation]

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return self.activation(self.decoder(codes))


def fill(state: State, encoder: Filling, decoder: Filling | None = None, ignored: Sequence[str] = (),
         activation: str = "logits") -> Imported:
    """The networks with their weights.  ignored: prefixes of keys that are known and deliberately dropped.
    activation: what turns the decoder's output into images.

    Raises KeyMismatchError with all missing, unexpected and misshapen keys at once."""
    fillings = [encoder, decoder] if decoder is not None else [encoder]
    _check(state, fillings, ignored)
    networks = []
    for filling in fillings:
        weights = {ours: piece.make(*(state.tensors[key].float() for key in piece.keys))
                   for ours, piece in filling.pieces.items()}
        networks.append(build(filling.description))
        networks[-1].load_state_dict(weights)  # strict: a parameter that no piece fills is a defect of ours
        networks[-1].eval()
    pictures = None if decoder is None else Pictures(networks[1], activation).eval()
    return Imported(networks[0], pictures, encoder.image_shape, encoder.num_latent)


def _check(state: State, fillings: Sequence[Filling], ignored: Sequence[str]) -> None:
    expected: dict[str, Shape] = {}
    for filling in fillings:
        ours = filling.network.state_dict()
        for name, piece in filling.pieces.items():
            expected |= dict.fromkeys(piece.keys, piece.their_shape(tuple(ours[name].shape)))
    found = {key: tuple(tensor.shape) for key, tensor in state.tensors.items()}
    problems = {
        "missing": [f"{key} {shape}" for key, shape in expected.items() if key not in found],
        "unexpected": [key for key in found if key not in expected and not key.startswith(tuple(ignored))],
        "misshapen": [f"{key} {found[key]}, expected {shape}" for key, shape in expected.items()
                      if key in found and found[key] != shape],
    }
    if any(problems.values()):
        listed = "; ".join(f"{kind}: {', '.join(sorted(keys))}" for kind, keys in problems.items() if keys)
        raise KeyMismatchError(f"The weights in {state.path} do not fit: {listed}. Is this the right file, and the "
                               f"right {option('format', 'NAME', 'source=NAME')}?")
