"""disentanglement_lib's fully connected networks: `fc_encoder`, `fc_decoder`, and FactorVAE's `fc_discriminator`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, dense, glorot_
from .registry import architecture


@architecture("fc_encoder")
class FullyConnectedEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D): two layers of 1200 ReLU units, two heads."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = 0.0):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(), *dense([math.prod(image_shape), 1200, 1200]))
        self.head = GaussianHead(1200, num_latent, logvar_bias_init)
        glorot_(self)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("fc_decoder")
class FullyConnectedDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, H, W): three layers of 1200 tanh units, one linear layer."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        self.layers = nn.Sequential(*dense([num_latent, 1200, 1200, 1200], nn.Tanh),
                                    nn.Linear(1200, math.prod(image_shape)), nn.Unflatten(1, tuple(image_shape)))
        glorot_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


@architecture("fc_discriminator")
class FullyConnectedDiscriminator(nn.Module):
    """Latents (N, D) -> logits (N, 2) for "joint" and "permuted": six layers of 1000 leaky ReLU units (slope 0.2).

    arXiv:1802.05983, appendix A."""

    def __init__(self, num_latent: int):
        super().__init__()
        hidden: list[nn.Module] = []
        for inputs in (num_latent, *[1000] * 5):
            hidden += [nn.Linear(inputs, 1000), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*hidden, nn.Linear(1000, 2))
        glorot_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)
