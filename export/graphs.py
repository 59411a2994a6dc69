"""The graphs an export writes, each made of the one network it is given."""

from __future__ import annotations

import torch


class RepresentationModule(torch.nn.Module):
    """Images (N, C, H, W) to codes (N, D): the tensor a network returns, or one made of its (mean, log-variance)."""

    def __init__(self, network: torch.nn.Module, representation: str = "mean"):
        super().__init__()
        self.network = network
        self.representation = representation

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output = self.network(images)
        if isinstance(output, torch.Tensor):
            return output
        mean, log_variance = output[0], output[1]
        if self.representation == "mean":
            return mean
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)


class PosteriorModule(torch.nn.Module):
    """Images (N, C, H, W) to mean and log-variance side by side, (N, 2 D)."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.network(images)[:2], dim=1)


def has_posterior(network: torch.nn.Module, images: torch.Tensor) -> bool:
    """Whether a network returns (mean, log-variance) for images, both (N, D)."""
    with torch.inference_mode():
        output = network(images)
    if isinstance(output, torch.Tensor) or len(output) < 2:
        return False
    return all(isinstance(part, torch.Tensor) and part.shape == output[0].shape for part in output[:2])
