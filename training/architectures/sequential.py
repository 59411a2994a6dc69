"""Networks given layer by layer, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ...common.errors import UnknownNameError, UserError
from .registry import architecture

CONVOLUTION = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
LAYERS: Mapping[str, tuple[str, ...]] = {
    "Conv2d": CONVOLUTION, "ConvTranspose2d": (*CONVOLUTION, "output_padding"),
    "Linear": ("in_features", "out_features"),
    "Flatten": ("start_dim", "end_dim"), "Unflatten": ("dim", "unflattened_size"),
    "BatchNorm2d": ("num_features", "eps", "momentum", "affine", "track_running_stats"),
    "InstanceNorm2d": ("num_features", "eps", "momentum", "affine", "track_running_stats"),
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "ReLU": (), "LeakyReLU": ("negative_slope",), "SiLU": (), "Tanh": (), "Sigmoid": (), "Identity": (),
}
"""Layers of torch.nn by name, with the arguments they may be given; each is an attribute of the layer too."""

Layers = Sequence[tuple[str, Mapping[str, Any]]]


@architecture("sequential_encoder")
class SequentialEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D), or codes (N, D) without a Gaussian head.

    layers: pairs of a name in LAYERS and its arguments; the last gives all means, then all log-variances."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, layers: Layers, gaussian: bool = True):
        super().__init__()
        self.gaussian = gaussian
        self.layers = _sequence(layers)
        _check(self.layers, image_shape, [num_latent * (2 if gaussian else 1)])

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | torch.Tensor:
        outputs = self.layers(images)
        if not self.gaussian:
            return outputs
        mean, log_variance = outputs.chunk(2, dim=1)
        return mean, log_variance


@architecture("sequential_decoder")
class SequentialDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, H, W), by `layers` as in `sequential_encoder`."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, layers: Layers):
        super().__init__()
        self.layers = _sequence(layers)
        _check(self.layers, [num_latent], image_shape)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


def _sequence(layers: Layers) -> nn.Sequential:
    """Raises UserError for a layer that is none of LAYERS, or does not take its arguments."""
    modules = []
    for name, arguments in layers:
        if name not in LAYERS:
            raise UnknownNameError("layer", name, LAYERS)
        try:
            modules.append(getattr(nn, name)(**arguments))
        except (TypeError, ValueError, RuntimeError) as error:
            raise UserError(f"The layer {name} cannot be made of {dict(arguments)}: {error}.") from error
    return nn.Sequential(*modules)


def _check(layers: nn.Sequential, given: Sequence[int], expected: Sequence[int]) -> None:
    """Raises UserError unless tensors of shape (N, *given) become (N, *expected)."""
    was_training = layers.training
    try:
        values = torch.zeros(2, *given, device=next(layers.parameters(), torch.zeros(0)).device)
        with torch.no_grad():
            found = tuple(layers.eval()(values).shape[1:])
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise UserError(f"The layers do not fit together, or do not take a shape of {list(given)}: {error}.") from error
    layers.train(was_training)
    if found != tuple(expected):
        raise UserError(f"The layers make {list(found)} of {list(given)}; expected {list(expected)}.")
