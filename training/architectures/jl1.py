"""JL1-VAE's networks (arXiv:2106.02923): "default" for 64x64 images, "tiny16" for 16x16 grey patches.

PyTorch's default initialisation; the log-variance bias starts 3 lower.  The original crops after its transposed
convolutions; on the stride-2, kernel-4 layers that equals padding 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ...common.errors import UserError
from .layers import GaussianHead, convolutions, dense, doubling_deconvolutions
from .registry import architecture, require_side


@architecture("jl1_encoder")
class JL1Encoder(nn.Module):
    """Images (N, C, 64, 64) -> mean and log-variance (N, D): four unpadded 4x4 convolutions, one dense layer."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = -3.0):
        super().__init__()
        require_side("jl1_encoder", image_shape, 64)
        self.features = nn.Sequential(
            convolutions([image_shape[0], 32, 32, 64, 64], kernels=[4, 4, 4, 4], paddings=[0, 0, 0, 0]),
            nn.Flatten(), *dense([256, 256]))
        self.head = GaussianHead(256, num_latent, logvar_bias_init)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("jl1_decoder")
class JL1Decoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, 64, 64): the layers of `deconv_decoder`."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        require_side("jl1_decoder", image_shape, 64)
        self.layers = nn.Sequential(*dense([num_latent, 256, 1024]), nn.Unflatten(1, (64, 4, 4)),
                                    doubling_deconvolutions([64, 64, 32, 32, image_shape[0]]))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


@architecture("jl1_tiny16_encoder")
class JL1TinyEncoder(nn.Module):
    """Grey patches (N, 1, 16, 16) -> mean and log-variance (N, D): two unpadded 3x3 convolutions, one dense layer."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = -3.0):
        super().__init__()
        _require_patch("jl1_tiny16_encoder", image_shape)
        self.features = nn.Sequential(convolutions([1, 64, 128], kernels=[3, 3], paddings=[0, 0]),
                                      nn.Flatten(), *dense([1152, 128]))
        self.head = GaussianHead(128, num_latent, logvar_bias_init)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("jl1_tiny16_decoder")
class JL1TinyDecoder(nn.Module):
    """Latents (N, D) -> patch logits (N, 1, 16, 16): two dense layers, three 3x3 transposed convolutions."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        _require_patch("jl1_tiny16_decoder", image_shape)
        self.layers = nn.Sequential(
            *dense([num_latent, 128, 1024]), nn.Unflatten(1, (64, 4, 4)),
            # 4 -> 9 -> 8 and 8 -> 17 -> 16: the original crops one pixel on the right and at the bottom.
            nn.ConvTranspose2d(64, 64, 3, stride=2), nn.ReLU(), nn.ZeroPad2d((0, -1, 0, -1)),
            nn.ConvTranspose2d(64, 32, 3, stride=2), nn.ReLU(), nn.ZeroPad2d((0, -1, 0, -1)),
            nn.ConvTranspose2d(32, 1, 3, stride=1, padding=1))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


def _require_patch(name: str, image_shape: Sequence[int]) -> None:
    require_side(name, image_shape, 16)
    if image_shape[0] != 1:
        raise UserError(f"The architecture {name!r} takes 1 channel, but the data set's images have {image_shape[0]}.")
