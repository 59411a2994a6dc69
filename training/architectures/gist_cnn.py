"""The convolutional networks of CFASL (arXiv:2401.08897) and MIPET (arXiv:2502.03740)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .layers import GaussianHead, convolutions, dense, doubling_deconvolutions, xavier_
from .registry import architecture, require_side


@architecture("gist_cnn_encoder")
class GistEncoder(nn.Module):
    """Images (N, C, 64, 64) -> mean and log-variance (N, D): four unpadded 4x4 convolutions, one dense layer.

    reference: the dense layer has no activation, so it and the heads are one linear map in two steps."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, num_hidden: int = 256):
        """num_hidden: 128 for dSprites, 256 for every other data set."""
        super().__init__()
        require_side("gist_cnn_encoder", image_shape, 64)
        self.features = nn.Sequential(
            convolutions([image_shape[0], 32, 32, 64, 64], kernels=[4, 4, 4, 4], paddings=[0, 0, 0, 0]),
            nn.Flatten(), nn.Linear(256, num_hidden))
        self.head = GaussianHead(num_hidden, num_latent)
        xavier_(self)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(self.features(images))


@architecture("gist_cnn_decoder")
class GistDecoder(nn.Module):
    """Latents (N, D) -> image logits (N, C, 64, 64): two dense layers, four transposed convolutions."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, num_hidden: int = 256):
        """num_hidden: 128 for dSprites, 256 for every other data set."""
        super().__init__()
        require_side("gist_cnn_decoder", image_shape, 64)
        self.layers = nn.Sequential(*dense([num_latent, num_hidden, 1024]), nn.Unflatten(1, (64, 4, 4)),
                                    doubling_deconvolutions([64, 64, 32, 32, image_shape[0]]))
        xavier_(self)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)
