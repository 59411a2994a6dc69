"""Pieces the architectures share."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn


class GaussianHead(nn.Module):
    """Two linear maps from features (N, F) to the mean and the log-variance of the posterior, each (N, D)."""

    def __init__(self, num_features: int, num_latent: int, logvar_bias_init: float = 0.0):
        """logvar_bias_init: added to the initial bias of the log-variance."""
        super().__init__()
        self.mean = nn.Linear(num_features, num_latent)
        self.log_variance = nn.Linear(num_features, num_latent)
        self.logvar_bias_init = logvar_bias_init
        self.shift_bias()

    def shift_bias(self) -> None:
        """Applies `logvar_bias_init`, relative to the bias as initialised."""
        with torch.no_grad():
            self.log_variance.bias.add_(self.logvar_bias_init)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.mean(features), self.log_variance(features)


def convolutions(channels: Sequence[int], kernels: Sequence[int], paddings: Sequence[int],
                 strides: Sequence[int] | None = None) -> nn.Sequential:
    """Convolutions from channels[0] to channels[-1], of stride 2 unless said, each followed by a ReLU."""
    layers: list[nn.Module] = []
    strides = strides or [2] * len(kernels)
    for i, (kernel, padding, stride) in enumerate(zip(kernels, paddings, strides, strict=True)):
        layers += [nn.Conv2d(channels[i], channels[i + 1], kernel, stride, padding), nn.ReLU()]
    return nn.Sequential(*layers)


def doubling_deconvolutions(channels: Sequence[int]) -> nn.Sequential:
    """Transposed convolutions (kernel 4, stride 2, padding 1) that double the side, with ReLUs between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(channels):
        layers += [nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def dense(sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU) -> list[nn.Module]:
    """Linear layers from sizes[0] to sizes[-1], each followed by an activation."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation()]
    return layers


def glorot_(network: nn.Module) -> None:
    """TensorFlow's default initialisation: Glorot-uniform weights, zero biases, then the heads' bias shift."""
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, GaussianHead):
            module.shift_bias()


def xavier_(network: nn.Module) -> None:
    """Xavier-uniform weights; biases stay as PyTorch draws them."""
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(module.weight)
