"""Networks of any depth for 64x64 images: what disentanglement-pytorch and the Lie group VAE's baselines have.

Used to rebuild their checkpoints; its options say what the published architectures of this folder fix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, convolutions, dense
from .registry import architecture, require_side


@architecture("plain_conv_encoder")
class PlainConvEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D), or codes (N, D) without a Gaussian head.

    Convolutions of stride 2, then dense layers, a ReLU after each."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, channels: Sequence[int] = (32, 32, 64, 64),
                 kernel: int = 4, padding: int = 1, hidden: Sequence[int] = (256,), gaussian: bool = True):
        """hidden: units of the dense layers.  gaussian: whether there is a log-variance beside the mean."""
        super().__init__()
        require_side("plain_conv_encoder", image_shape, 64)
        side = image_shape[1]
        for _ in channels:
            side = (side + 2 * padding - kernel) // 2 + 1
        sizes = [side * side * channels[-1], *hidden]
        self.features = nn.Sequential(
            convolutions([image_shape[0], *channels], [kernel] * len(channels), [padding] * len(channels)),
            nn.Flatten(), *dense(sizes))
        self.head = GaussianHead(sizes[-1], num_latent) if gaussian else nn.Linear(sizes[-1], num_latent)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | torch.Tensor:
        return self.head(self.features(images))


@architecture("plain_dense_encoder")
class PlainDenseEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D): dense layers, a ReLU after each."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, hidden: Sequence[int] = (400,)):
        super().__init__()
        require_side("plain_dense_encoder", image_shape, 64)
        sizes = [math.prod(image_shape), *hidden]
        self.features = nn.Sequential(nn.Flatten(), *dense(sizes))
        self.head = GaussianHead(sizes[-1], num_latent)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("plain_dense_decoder")
class PlainDenseDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, H, W): dense layers with ReLUs between them."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, hidden: Sequence[int] = (400,)):
        super().__init__()
        require_side("plain_dense_decoder", image_shape, 64)
        sizes = [num_latent, *hidden]
        self.layers = nn.Sequential(*dense(sizes), nn.Linear(sizes[-1], math.prod(image_shape)),
                                    nn.Unflatten(1, tuple(image_shape)))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


@architecture("simple_conv64_decoder")
class SimpleConv64Decoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, 64, 64): disentanglement-pytorch's decoder.

    A 1x1 image is doubled once with padding and four times without, 2 to 6, 14, 30, 62, then a 3x3 layer gives 64."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        require_side("simple_conv64_decoder", image_shape, 64)
        layers: list[nn.Module] = [nn.Unflatten(1, (num_latent, 1, 1)), nn.Conv2d(num_latent, 256, 1, 2), nn.ReLU(),
                                   nn.ConvTranspose2d(256, 256, 4, 2, 1), nn.ReLU()]
        for inputs, outputs in ((256, 128), (128, 128), (128, 64), (64, 64)):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(64, image_shape[0], 3, 1))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)
