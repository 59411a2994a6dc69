"""JL1-VAE's networks (arXiv:2106.02923): "default" for 64x64 images, "tiny16" for 16x16 grey patches, and any other
of its family.

PyTorch's default initialisation; the log-variance bias starts 3 lower.  The original crops after its transposed
convolutions, as TensorFlow's padding "same" does; what is cut on both sides is padding here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from ...common.errors import UserError
from .layers import GaussianHead, convolutions, dense
from .registry import architecture, require_side


@architecture("jl1_any_encoder")
class JL1AnyEncoder(nn.Module):
    """Images (N, C, S, S) -> mean and log-variance (N, D): unpadded convolutions, then dense layers.

    channels, kernels, strides: one a convolution; hidden: units of the dense layers."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, channels: Sequence[int], kernels: Sequence[int],
                 strides: Sequence[int], hidden: Sequence[int], logvar_bias_init: float = -3.0):
        super().__init__()
        num_channels, side, _ = image_shape
        require_side("jl1_any_encoder", image_shape, side)
        sizes = [channels[-1] * _unpadded_side(side, kernels, strides) ** 2, *hidden]
        self.features = nn.Sequential(
            convolutions([num_channels, *channels], kernels, paddings=[0] * len(kernels), strides=strides),
            nn.Flatten(), *dense(sizes))
        self.head = GaussianHead(sizes[-1], num_latent, logvar_bias_init)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("jl1_any_decoder")
class JL1AnyDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, S, S): dense layers, then transposed convolutions.

    hidden: units of the dense layers, the last of which make pictures of first_side x first_side pixels;
    channels, kernels, strides: one a convolution, each of which multiplies the side by its stride."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, hidden: Sequence[int], first_side: int,
                 channels: Sequence[int], kernels: Sequence[int], strides: Sequence[int]):
        super().__init__()
        require_side("jl1_any_decoder", image_shape, first_side * math.prod(strides))
        first_channels, rest = divmod(hidden[-1], first_side ** 2)
        if rest or channels[-1] != image_shape[0]:
            raise UserError(f"{hidden[-1]} units as pictures of {first_side}x{first_side} pixels, then convolutions to "
                            f"{list(channels)} channels, do not make images of {image_shape[0]} channels.")
        layers: list[nn.Module] = []
        for inputs, outputs, kernel, stride in zip([first_channels, *channels[:-1]], channels, kernels, strides,
                                                   strict=True):
            layers += [_cropped_deconvolution(inputs, outputs, kernel, stride), nn.ReLU()]
        self.layers = nn.Sequential(*dense([num_latent, *hidden]),
                                    nn.Unflatten(1, (first_channels, first_side, first_side)),
                                    nn.Sequential(*layers[:-1]))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


@architecture("jl1_encoder")
class JL1Encoder(JL1AnyEncoder):
    """Images (N, C, 64, 64) -> mean and log-variance (N, D): four unpadded 4x4 convolutions, one dense layer."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = -3.0):
        require_side("jl1_encoder", image_shape, 64)
        super().__init__(image_shape, num_latent, channels=[32, 32, 64, 64], kernels=[4] * 4, strides=[2] * 4,
                         hidden=[256], logvar_bias_init=logvar_bias_init)


@architecture("jl1_decoder")
class JL1Decoder(JL1AnyDecoder):
    """Latents (N, D) -> image logits (N, C, 64, 64): the layers of `deconv_decoder`."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        require_side("jl1_decoder", image_shape, 64)
        super().__init__(image_shape, num_latent, hidden=[256, 1024], first_side=4,
                         channels=[64, 32, 32, image_shape[0]], kernels=[4] * 4, strides=[2] * 4)


@architecture("jl1_tiny16_encoder")
class JL1TinyEncoder(JL1AnyEncoder):
    """Grey patches (N, 1, 16, 16) -> mean and log-variance (N, D): two unpadded 3x3 convolutions, one dense layer."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = -3.0):
        _require_patch("jl1_tiny16_encoder", image_shape)
        super().__init__(image_shape, num_latent, channels=[64, 128], kernels=[3, 3], strides=[2, 2], hidden=[128],
                         logvar_bias_init=logvar_bias_init)


@architecture("jl1_tiny16_decoder")
class JL1TinyDecoder(JL1AnyDecoder):
    """Latents (N, D) -> patch logits (N, 1, 16, 16): two dense layers, three 3x3 transposed convolutions."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        _require_patch("jl1_tiny16_decoder", image_shape)
        super().__init__(image_shape, num_latent, hidden=[128, 1024], first_side=4, channels=[64, 32, 1],
                         kernels=[3, 3, 3], strides=[2, 2, 1])


def _unpadded_side(side: int, kernels: Sequence[int], strides: Sequence[int]) -> int:
    """Pixels a side that unpadded convolutions leave.  Raises UserError when a kernel does not fit."""
    left = side
    for kernel, stride in zip(kernels, strides, strict=True):
        if left < kernel:
            raise UserError(f"Unpadded convolutions of kernels {list(kernels)} and strides {list(strides)} do not fit "
                            f"{side}x{side} images: {left}x{left} pixels are left for a kernel of {kernel}.")
        left = (left - kernel) // stride + 1
    return left


def _cropped_deconvolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    """A transposed convolution without its excess of kernel - stride pixels, more of it cut at the right and bottom."""
    if kernel < stride:
        raise UserError(f"A transposed convolution of kernel {kernel} leaves gaps at a stride of {stride}.")
    excess = kernel - stride
    layer = nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding=excess // 2)
    return nn.Sequential(layer, nn.ZeroPad2d((0, -1, 0, -1))) if excess % 2 else layer


def _require_patch(name: str, image_shape: Sequence[int]) -> None:
    require_side(name, image_shape, 16)
    if image_shape[0] != 1:
        raise UserError(f"The architecture {name!r} takes 1 channel, but the data set's images have {image_shape[0]}.")
