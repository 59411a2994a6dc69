"""One convolutional network for images of any size: it halves them until 4 to 7 pixels are left of the shorter side.

For 64x64 images these are four convolutions, as in Burgess et al. (arXiv:1804.03599), with twice the channels in the
last two."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from ...common.errors import UserError
from .layers import GaussianHead, convolutions, dense
from .registry import architecture

SMALLEST = 8  # pixels that the shorter side has at least
LARGEST_LEFT = 7  # pixels of the shorter side that are not halved any more
MOST_CHANNELS = 256


@architecture("any_size_encoder")
class AnySizeEncoder(nn.Module):
    """Images (N, C, H, W) -> mean and log-variance (N, D): convolutions of stride 2, one dense layer, two heads."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, base_channels: int = 32, hidden: int = 256,
                 logvar_bias_init: float = 0.0):
        """base_channels: of the first two convolutions; every second one after them doubles the number, up to 256.

        hidden: units of the dense layer.  Raises UserError for images of less than 8 pixels."""
        super().__init__()
        sizes = halved_sizes(image_shape)
        channels = channels_of(len(sizes) - 1, base_channels)
        self.features = nn.Sequential(
            convolutions([image_shape[0], *channels], [4] * len(channels), [1] * len(channels)), nn.Flatten(),
            *dense([channels[-1] * sizes[-1][0] * sizes[-1][1], hidden]))
        self.head = GaussianHead(hidden, num_latent, logvar_bias_init)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("any_size_decoder")
class AnySizeDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, H, W): the encoder's layers in reverse."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, base_channels: int = 32, hidden: int = 256):
        super().__init__()
        sizes = halved_sizes(image_shape)[::-1]
        channels = [*channels_of(len(sizes) - 1, base_channels)[::-1], image_shape[0]]
        layers: list[nn.Module] = [*dense([num_latent, hidden, channels[0] * sizes[0][0] * sizes[0][1]]),
                                   nn.Unflatten(1, (channels[0], *sizes[0]))]
        for stage, (small, large) in enumerate(itertools.pairwise(sizes)):
            odd = (large[0] - 2 * small[0], large[1] - 2 * small[1])  # a pixel that halving had dropped
            layers += [nn.ConvTranspose2d(channels[stage], channels[stage + 1], 4, 2, 1, output_padding=odd), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


def halved_sizes(image_shape: Sequence[int]) -> list[tuple[int, int]]:
    """(height, width) of the images and of what each convolution makes of them.  Raises UserError for small images."""
    _, height, width = image_shape
    if min(height, width) < SMALLEST:
        raise UserError(f"The architecture 'any_size' takes images of at least {SMALLEST}x{SMALLEST} pixels, but the "
                        f"data set's are {height}x{width}.")
    sizes = [(height, width)]
    while min(sizes[-1]) > LARGEST_LEFT:
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes


def channels_of(num_convolutions: int, base: int) -> list[int]:
    """Channels after each convolution: 32, 32, 64, 64, 128, 128, 256, ..."""
    return [min(base * 2 ** (number // 2), max(base, MOST_CHANNELS)) for number in range(num_convolutions)]
