"""Mutual information of every label with every latent, each estimated by a small network (MINE, arXiv:1801.04062)."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

HIDDEN = 20


class MutualInformation(nn.Module):
    """F D networks T(x, y) = w . elu(a x + b + c y + d), whose sup over weights bounds I(X; Y) (eq. 10).

    A bias of T itself would cancel out."""

    def __init__(self, num_labels: int, num_latent: int):
        super().__init__()
        shape = (num_labels, num_latent, HIDDEN)
        bound = math.sqrt(6 / (1 + HIDDEN))  # Glorot's, between one unit and HIDDEN
        self.of_latent, self.of_label, self.output = (
            nn.Parameter(torch.empty(shape).uniform_(-bound, bound)) for _ in range(3))
        self.latent_bias, self.label_bias = (nn.Parameter(torch.zeros(shape)) for _ in range(2))

    def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(F, D) estimates in nats for latents (B, D) and labels (B, F), which are shuffled for each network anew."""
        x, y = latents.T.unsqueeze(0), labels.T.unsqueeze(1)
        orders = torch.rand(len(self.of_label), latents.shape[1], len(latents), device=latents.device).argsort(dim=2)
        shuffled = y.expand(orders.shape).gather(2, orders)
        joint, product = self.scores(x, y), self.scores(x, shuffled)
        return joint.mean(dim=2) + math.log(len(latents)) - product.logsumexp(dim=2)

    def scores(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """T, (F, D, B), for x and y that broadcast to (F, D, B)."""
        hidden = (x.unsqueeze(-1) * self.of_latent.unsqueeze(2) + self.latent_bias.unsqueeze(2)
                  + y.unsqueeze(-1) * self.of_label.unsqueeze(2) + self.label_bias.unsqueeze(2))
        return (functional.elu(hidden) * self.output.unsqueeze(2)).sum(dim=-1)
