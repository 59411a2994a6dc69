"""disentanglement_lib's smallest networks, for tests: `test_encoder` and `test_decoder`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, glorot_
from .registry import architecture


@architecture("test_encoder")
class LinearEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D), both linear."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = 0.0):
        super().__init__()
        self.head = GaussianHead(math.prod(image_shape), num_latent, logvar_bias_init)
        glorot_(self)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(images.flatten(1))


@architecture("test_decoder")
class LinearDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, H, W), linear."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(num_latent, math.prod(image_shape)), nn.Unflatten(1, tuple(image_shape)))
        glorot_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)
