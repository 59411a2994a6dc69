"""beta-VAE (Higgins et al. 2017, openreview Sy2fzU9gl); beta = 1 is the VAE (arXiv:1312.6114)."""

from __future__ import annotations

import gin
import torch

from ..posterior import Posterior
from .objective import Terms, VAEObjective, linear_warmup
from .registry import method


@method("vae")
class BetaVAE(VAEObjective):
    """reconstruction + beta KL (eq. 4)."""

    def __init__(self, beta: float = gin.REQUIRED, annealing_steps: int = 0):
        """annealing_steps: beta rises linearly from 0 at the first step to its value at this one; 0 for at once."""
        super().__init__()
        self.beta = beta
        self.annealing_steps = annealing_steps

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        return self.beta * linear_warmup(step, self.annealing_steps) * posterior.kl(), {}
