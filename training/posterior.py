"""The Gaussian posterior of an encoder: sampling and the Kullback-Leibler divergence from the standard normal."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Posterior:
    """Independent Gaussians, one per image and latent: mean and log_variance are (B, D)."""

    mean: torch.Tensor
    log_variance: torch.Tensor

    def sample(self) -> torch.Tensor:
        """mean + exp(log_variance / 2) * eps with eps ~ N(0, 1): (B, D), differentiable (arXiv:1312.6114, eq. 10)."""
        return self.mean + torch.exp(self.log_variance / 2) * torch.randn_like(self.mean)

    def halves(self) -> tuple[Posterior, Posterior]:
        """The posteriors of the first half of a batch and of the second, (B / 2, D) each."""
        (mean1, mean2), (log1, log2) = self.mean.chunk(2), self.log_variance.chunk(2)
        return Posterior(mean1, log1), Posterior(mean2, log2)

    def noise_of(self, latents: torch.Tensor) -> torch.Tensor:
        """The eps (B, D) that a sample was made with; a constant."""
        return ((latents - self.mean) * torch.exp(-self.log_variance / 2)).detach()

    def kl(self) -> torch.Tensor:
        """Batch mean of KL(posterior || N(0, I)) in nats, a scalar (arXiv:1312.6114, appendix B)."""
        return self.kl_of_images().mean()

    def kl_of_images(self) -> torch.Tensor:
        """(B,): the KL of each image."""
        return (self.mean.square() + self.log_variance.exp() - self.log_variance - 1).sum(dim=1) / 2
