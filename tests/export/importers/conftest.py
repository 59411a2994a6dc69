"""Hand-made checkpoints: the keys and shapes of a project written out, with random numbers in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from unbraid.export.importers.filling import Imported
from unbraid.export.importers.registry import source_of, sources
from unbraid.export.importers.state import State

Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="session")
def state_of() -> Callable[[dict[str, tuple[int, ...]]], Tensors]:
    """Weights and biases of layers by name and weight shape.

    "^name" is a transposed convolution, whose bias has the size of axis 1; "=name" is one tensor without a bias."""

    def make(shapes: dict[str, tuple[int, ...]]) -> Tensors:
        generator = torch.Generator().manual_seed(0)
        tensors = {}
        for name, shape in shapes.items():
            values = torch.randn(shape, generator=generator) / 10
            if name.startswith("="):
                tensors[name[1:]] = values
                continue
            tensors[f"{name.lstrip('^')}.weight"] = values
            tensors[f"{name.lstrip('^')}.bias"] = torch.randn(shape[name.startswith("^")], generator=generator) / 10
        return tensors

    return make


@pytest.fixture(scope="session")
def imported() -> Callable[[Tensors, str], Imported]:
    """Imports a state that is expected to be recognised as the source of this name."""

    def convert(tensors: Tensors, name: str) -> Imported:
        state = State(tensors, Path("theirs.pt"))
        assert source_of(state) == name
        return sources()[name].convert(state)

    return convert


@pytest.fixture(scope="session")
def disvae(state_of: Callable[..., Tensors]) -> Callable[..., Tensors]:
    """A state dict of disentangling-vae."""

    def make(channels: int = 1, side: int = 64, num_latents: int = 3) -> Tensors:
        large = side == 64
        return state_of({
            "encoder.conv1": (32, channels, 4, 4), "encoder.conv2": (32, 32, 4, 4), "encoder.conv3": (32, 32, 4, 4),
            **({"encoder.conv_64": (32, 32, 4, 4)} if large else {}), "encoder.lin1": (256, 512),
            "encoder.lin2": (256, 256), "encoder.mu_logvar_gen": (2 * num_latents, 256),
            "decoder.lin1": (256, num_latents), "decoder.lin2": (256, 256), "decoder.lin3": (512, 256),
            **({"^decoder.convT_64": (32, 32, 4, 4)} if large else {}), "^decoder.convT1": (32, 32, 4, 4),
            "^decoder.convT2": (32, 32, 4, 4), "^decoder.convT3": (32, channels, 4, 4)})

    return make
