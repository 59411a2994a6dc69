"""AnnealedVAE, or beta-VAE_B (Burgess et al. 2018, arXiv:1804.03599); not to be confused with a KL warm-up."""

from __future__ import annotations

import gin
import torch

from ..posterior import Posterior
from .objective import Terms, VAEObjective, linear_warmup
from .registry import method


@method("annealed_vae")
class AnnealedVAE(VAEObjective):
    """reconstruction + gamma |KL - C_t| (eq. 8); the capacity C_t rises linearly to c_max nats."""

    def __init__(self, gamma: float = gin.REQUIRED, c_max: float = gin.REQUIRED,
                 iteration_threshold: int = gin.REQUIRED):
        """iteration_threshold: the step from which on the capacity is c_max; 0 for the first."""
        super().__init__()
        self.gamma = gamma
        self.c_max = c_max
        self.iteration_threshold = iteration_threshold

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        capacity = self.c_max * linear_warmup(step, self.iteration_threshold)
        return self.gamma * (posterior.kl() - capacity).abs(), {"capacity": capacity}
