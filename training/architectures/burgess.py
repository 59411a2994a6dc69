"""The networks of Burgess et al. (arXiv:1804.03599) as disentangling-vae has them, for 32x32 and 64x64 images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, convolutions, dense, doubling_deconvolutions
from .registry import architecture, require_side

CHANNELS = 32


@architecture("burgess_encoder")
class BurgessEncoder(nn.Module):
    """Images (N, C, side, side) -> mean and log-variance (N, D): 4x4 convolutions down to 4x4, two dense layers.

    The original has one head of 2 D interleaved outputs; here the two heads are apart."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = 0.0):
        super().__init__()
        require_side("burgess_encoder", image_shape, 32, 64)
        depth = _num_halvings(image_shape)
        self.features = nn.Sequential(
            convolutions([image_shape[0], *[CHANNELS] * depth], kernels=[4] * depth, paddings=[1] * depth),
            nn.Flatten(), *dense([16 * CHANNELS, 256, 256]))
        self.head = GaussianHead(256, num_latent, logvar_bias_init)
        kaiming_(self)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("burgess_decoder")
class BurgessDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, side, side): three dense layers, 4x4 transposed convolutions from 4x4."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        require_side("burgess_decoder", image_shape, 32, 64)
        self.layers = nn.Sequential(
            *dense([num_latent, 256, 256, 16 * CHANNELS]), nn.Unflatten(1, (CHANNELS, 4, 4)),
            doubling_deconvolutions([*[CHANNELS] * _num_halvings(image_shape), image_shape[0]]))
        kaiming_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


@architecture("disvae_discriminator")
class Discriminator(nn.Module):
    """Latents (N, D) -> logits (N, 2) for "joint" and "permuted": five layers of 1000 leaky ReLU units (slope 0.2).

    reference: disentangling-vae documents six layers and has five."""

    def __init__(self, num_latent: int):
        super().__init__()
        hidden: list[nn.Module] = []
        for inputs in (num_latent, *[1000] * 4):
            hidden += [nn.Linear(inputs, 1000), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*hidden, nn.Linear(1000, 2))
        kaiming_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


def kaiming_(network: nn.Module) -> None:
    """Kaiming-uniform weights for ReLU everywhere, the heads included; biases stay as PyTorch draws them."""
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")


def _num_halvings(image_shape: Sequence[int]) -> int:
    return int(math.log2(image_shape[1] // 4))
