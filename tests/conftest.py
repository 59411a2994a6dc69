"""Fixtures that several floors use: real images, and small networks exported once per session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export import export_representation
from unbraid.ground_truth.sets.three_dots import ThreeDots


class SmallEncoder(torch.nn.Module):
    """Images (N, C, 64, 64) to (mean, log-variance), each (N, num_latents)."""

    def __init__(self, num_latents: int = 4, channels: int = 1):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(channels, 8, 4, stride=4), torch.nn.ReLU(), torch.nn.Conv2d(8, 8, 4, stride=4),
            torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 16, 2 * num_latents))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.layers(images).chunk(2, dim=1)
        return mean, log_variance


class SmallDecoder(torch.nn.Module):
    """Codes (N, num_latents) to images (N, 1, 64, 64) in [0, 1]."""

    def __init__(self, num_latents: int = 4):
        super().__init__()
        self.layer = torch.nn.Linear(num_latents, 64 * 64)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.layer(codes)).unflatten(1, (1, 64, 64))


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """(32, 64, 64, 1) real images of three-dots."""
    return np.asarray(ThreeDots().sample_observations(32, np.random.RandomState(0)))


@pytest.fixture(scope="session")
def encoder() -> torch.nn.Module:
    torch.manual_seed(0)
    return SmallEncoder().eval()


@pytest.fixture(scope="session")
def decoder() -> torch.nn.Module:
    torch.manual_seed(1)
    return SmallDecoder().eval()


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, encoder: torch.nn.Module, decoder: torch.nn.Module,
             images: np.ndarray) -> Path:
    """A representation folder in every format, with a decoder.  Read it, do not change it."""
    folder = tmp_path_factory.mktemp("run") / "representation"
    export_representation(encoder, folder, images, decoder=decoder, method="vae", data_set="threeDots")
    return folder


@pytest.fixture(scope="session")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[torch.nn.Module, tuple[int, ...]], Path]:
    """Saves a stranger's module the way the NeurIPS 2019 challenge kit does: traced with zeros, no metadata."""

    def save(module: torch.nn.Module, shape: tuple[int, ...] = (1, 1, 64, 64)) -> Path:
        path = tmp_path_factory.mktemp("stranger") / "representation" / "pytorch_model.pt"
        path.parent.mkdir()
        torch.jit.save(torch.jit.trace(module.eval(), torch.zeros(shape), check_trace=False), str(path))
        return path

    return save
