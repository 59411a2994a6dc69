"""JL1-VAE and its L2 variant (Rhodes & Lee 2021, arXiv:2106.02923)."""

from __future__ import annotations

import gin
import torch

from ...common.errors import ConfigurationError, UnknownNameError
from ..losses.decoder_jacobian import JACOBIANS, NORMS, jacobian_penalty
from ..posterior import Posterior
from .objective import Terms, VAEObjective, linear_warmup
from .registry import method


@method("jlonevae")
class JL1VAE(VAEObjective):
    """reconstruction + beta_t KL + gamma_t R, with R the mean over the batch of the L1 norm of the decoder's Jacobian.

    R acts on probabilities, at the sampled latents, and reaches the decoder only (section 3.2 of the paper).  beta_t
    and gamma_t rise linearly from 0 at the first step to beta and gamma at step `annealing_steps`."""

    def __init__(self, beta: float = gin.REQUIRED, gamma: float = gin.REQUIRED, regularization_type: str = "jlone",
                 annealing_steps: int = 0, anneal_beta: bool = True, jacobian: str = "fd", step_size: float = 1e-3,
                 jacobian_batch_size: int | None = None):
        """regularization_type: 'jlone' (sum of absolute entries) or 'jltwo' (sum of squares).

        jacobian: 'fd' (forward differences of `step_size`, as published) or 'jvp' (exact).
        jacobian_batch_size: take R over the first so many images only, an unbiased estimate at a fraction of the
        cost; None for the whole batch, as published."""
        super().__init__()
        if regularization_type not in NORMS:
            raise UnknownNameError("jlonevae.regularization_type", regularization_type, NORMS)
        if jacobian not in JACOBIANS:
            raise UnknownNameError("jlonevae.jacobian", jacobian, JACOBIANS)
        if step_size <= 0 or annealing_steps < 0:
            raise ConfigurationError(f"jlonevae.step_size is {step_size} and jlonevae.annealing_steps "
                                     f"{annealing_steps}; expected a positive step size and at least 0 steps.")
        self.beta, self.gamma = beta, gamma
        self.regularization_type, self.jacobian, self.step_size = regularization_type, jacobian, step_size
        self.annealing_steps, self.anneal_beta = annealing_steps, anneal_beta
        self.jacobian_batch_size = jacobian_batch_size

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        warmup = linear_warmup(step, self.annealing_steps)
        beta, gamma = self.beta * (warmup if self.anneal_beta else 1.0), self.gamma * warmup
        penalty = self.penalty(latents) if gamma > 0 else latents.new_zeros(())
        terms: Terms = {"jacobian_penalty": penalty, "beta": beta, "gamma": gamma}
        return beta * posterior.kl() + gamma * penalty, terms

    def penalty(self, latents: torch.Tensor) -> torch.Tensor:
        """R, a scalar; latents (B, D) are taken as constants."""
        return jacobian_penalty(self.decode_images, list(self.decoder.parameters()),
                                latents.detach()[:self.jacobian_batch_size], self.regularization_type, self.jacobian,
                                self.step_size)
