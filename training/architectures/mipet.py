"""MIPET's decoder (arXiv:2502.03740): pictures of several transformed codes, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from .registry import architecture, build, require_side


@architecture("mipet_decoder")
class MipetDecoder(nn.Module):
    """Latents (N, D) -> images (N, C, 64, 64) in [0, 1], no logits: an average of pictures has none of its own.

    Each transformation is z exp(S) exp(T), S and T symmetric: invertible, and equivariant to the group of such maps."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, decoder: str = "gist_cnn_decoder",
                 decoder_options: dict[str, Any] | None = None, num_transformations: int = 1):
        """decoder: name of the architecture of logits behind the transformations, and its options."""
        super().__init__()
        require_side("mipet_decoder", image_shape, 64)
        arguments = {"image_shape": list(image_shape), "num_latent": num_latent, **(decoder_options or {})}
        self.decoder = build({"name": decoder, "arguments": arguments})
        self.first, self.second = (nn.ParameterList(nn.init.xavier_uniform_(torch.empty(num_latent, num_latent))
                                                    for _ in range(num_transformations)) for _ in range(2))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        pictures = [torch.sigmoid(self.decoder(latents @ _exponential(first) @ _exponential(second)))
                    for first, second in zip(self.first, self.second, strict=True)]
        return torch.stack(pictures).mean(dim=0)


def _exponential(matrix: torch.Tensor) -> torch.Tensor:
    return torch.matrix_exp((matrix + matrix.T) / 2)
