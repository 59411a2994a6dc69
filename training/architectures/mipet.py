"""MIPET's decoder (arXiv:2502.03740): pictures of several transformed codes, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...common.errors import ConfigurationError
from ..losses.matrix_exponential import matrix_exp
from .registry import architecture, build


@architecture("mipet_decoder")
class MipetDecoder(nn.Module):
    """Latents (N, D) -> logits (N, C, H, W) of the average of the pictures that a decoder makes of z M_1, ..., z M_K.

    M = expm(S) expm(T) with S and T symmetric: invertible, the identity where both are zero."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, decoder: str = "gist_cnn_decoder",
                 decoder_options: dict[str, Any] | None = None, num_transformations: int = 1, num_factors: int = 2):
        """decoder: name of the architecture of logits behind the transformations, and its options.
        num_factors: exponentials that a transformation is the product of."""
        super().__init__()
        if num_transformations < 1 or num_factors < 1:
            raise ConfigurationError(f"mipet_decoder has {num_transformations} transformations of {num_factors} "
                                     "factors; expected at least one of each.")
        arguments = {"image_shape": list(image_shape), "num_latent": num_latent, **(decoder_options or {})}
        self.decoder = build({"name": decoder, "arguments": arguments})
        self.generators = nn.ParameterList(xavier_stack(num_transformations, num_latent, num_latent)
                                           for _ in range(num_factors))

    def transform(self, latents: torch.Tensor) -> torch.Tensor:
        """(K, N, D): each row of latents (N, D) times each M_k."""
        for generator in self.generators:
            latents = latents @ matrix_exp((generator + generator.transpose(1, 2)) / 2)
        return latents

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.average(self.decoder(self.transform(latents).flatten(0, 1)))

    def average(self, logits: torch.Tensor) -> torch.Tensor:
        """The average pictures' logits (N, C, H, W) of logits (K N, C, H, W), transformation by transformation."""
        num_transformations = len(self.generators[0])
        return logits_of_mean(logits.reshape(num_transformations, -1, *logits.shape[1:]))


def logits_of_mean(logits: torch.Tensor) -> torch.Tensor:
    """The logits of mean_k sigmoid(logits_k), over the first axis; exact where the mean itself would round to 0 or 1.

    log p / (1 - p) for p = mean of sigmoid(a), 1 - p = mean of sigmoid(-a)."""
    if len(logits) == 1:
        return logits[0]
    log_off = functional.logsigmoid(-logits)
    return (log_off + logits).logsumexp(dim=0) - log_off.logsumexp(dim=0)


def xavier_stack(num: int, rows: int, columns: int) -> torch.Tensor:
    """(num, rows, columns): matrices that each start as Xavier draws them."""
    return torch.stack([nn.init.xavier_uniform_(torch.empty(rows, columns)) for _ in range(num)])
