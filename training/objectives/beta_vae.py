"""beta-VAE (Higgins et al. 2017, openreview Sy2fzU9gl); beta = 1 is the VAE (arXiv:1312.6114)."""

from __future__ import annotations

import gin
import torch

from ..posterior import Posterior
from .objective import Terms, VAEObjective
from .registry import method


@method("vae")
class BetaVAE(VAEObjective):
    """reconstruction + beta KL (eq. 4)."""

    def __init__(self, beta: float = gin.REQUIRED):
        super().__init__()
        self.beta = beta

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        return self.beta * posterior.kl(), {}
