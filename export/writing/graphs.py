"""The graphs an export writes, each made of the one network it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..postprocessing.affine import AffineMap
from ..reading.batches import in_batches
from .own_models import codes_or_posterior


class RepresentationModule(torch.nn.Module):
    """Images (N, C, H, W) to codes (N, D): the tensor a network returns, or one made of its (mean, log-variance);
    perhaps through an affine map."""

    def __init__(self, network: torch.nn.Module, representation: str = "mean",
                 postprocessing: AffineMap | None = None):
        super().__init__()
        self.network = network
        self.representation = representation
        self.postprocessing = None if postprocessing is None else Affine(postprocessing)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        codes = self._codes(self.network(images))
        return codes if self.postprocessing is None else self.postprocessing(codes)

    def _codes(self, output: Any) -> torch.Tensor:
        found = codes_or_posterior(output)
        if isinstance(found, torch.Tensor):
            return found
        mean, log_variance = found
        if self.representation == "mean":
            return mean
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)


class PosteriorModule(torch.nn.Module):
    """Images (N, C, H, W) to mean and log-variance side by side, (N, 2 D)."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.cat(tuple(codes_or_posterior(self.network(images))), dim=1)


class Affine(torch.nn.Module):
    """Latents (N, D) or (N, T, V) to codes (N, K)."""

    center: torch.Tensor
    matrix: torch.Tensor
    offset: torch.Tensor

    def __init__(self, affine: AffineMap):
        super().__init__()
        _register(self, center=affine.center, matrix=affine.matrix, offset=affine.offset)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return (latents.flatten(1) - self.center) @ self.matrix + self.offset


class DecoderOfCodes(torch.nn.Module):
    """A decoder of latents behind the inverse of the map that made codes of them."""

    center: torch.Tensor
    inverse: torch.Tensor
    offset: torch.Tensor

    def __init__(self, decoder: torch.nn.Module, affine: AffineMap, latent_shape: Sequence[int]):
        """latent_shape: (D,) or (T, V), as the decoder takes them."""
        super().__init__()
        self.decoder, self.latent_shape = decoder, tuple(latent_shape)
        _register(self, center=affine.center, inverse=affine.inverse, offset=affine.offset)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        latents = (codes - self.offset) @ self.inverse + self.center
        return self.decoder(latents.unflatten(1, self.latent_shape))


def has_posterior(network: torch.nn.Module, images: torch.Tensor) -> bool:
    """Whether a network returns (mean, log-variance) for images, both (N, D)."""
    with torch.inference_mode():
        found = codes_or_posterior(network(images))
    return not isinstance(found, torch.Tensor) and found[0].ndim == 2


def latents_of(network: torch.nn.Module, observations: Any) -> np.ndarray:
    """Latents (n, D) or (n, T, V) of observations (n, H, W, C): what a network returns, the mean of a posterior."""

    def encode(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            found = codes_or_posterior(network(torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))))
        return (found if isinstance(found, torch.Tensor) else found[0]).numpy()

    return in_batches(encode, observations)


def _register(module: torch.nn.Module, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        module.register_buffer(name, torch.tensor(array, dtype=torch.float32))
