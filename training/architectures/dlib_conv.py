"""disentanglement_lib's convolutional networks: `conv_encoder` and `deconv_decoder` (arXiv:1811.12359, appendix)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, convolutions, dense, doubling_deconvolutions, glorot_
from .registry import architecture, require_side


@architecture("conv_encoder")
class ConvEncoder(nn.Module):
    """Images (N, C, 64, 64) -> mean and log-variance (N, D): four convolutions, one dense layer, two heads.

    reference: the third and fourth kernels are 2x2, unlike the paper's 4x4; all published models have them."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, logvar_bias_init: float = 0.0):
        super().__init__()
        require_side("conv_encoder", image_shape, 64)
        self.features = nn.Sequential(
            convolutions([image_shape[0], 32, 32, 64, 64], kernels=[4, 4, 2, 2], paddings=[1, 1, 0, 0]),
            nn.Flatten(), *dense([1024, 256]))
        self.head = GaussianHead(256, num_latent, logvar_bias_init)
        glorot_(self)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("deconv_decoder")
class DeconvDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, 64, 64): two dense layers, four transposed convolutions."""

    def __init__(self, image_shape: Sequence[int], num_latent: int):
        super().__init__()
        require_side("deconv_decoder", image_shape, 64)
        self.layers = nn.Sequential(*dense([num_latent, 256, 1024]), nn.Unflatten(1, (64, 4, 4)),
                                    doubling_deconvolutions([64, 64, 32, 32, image_shape[0]]))
        glorot_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)
