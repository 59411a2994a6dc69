"""beta-TCVAE (Chen et al. 2018, arXiv:1802.04942)."""

from __future__ import annotations

import math

import gin
import torch

from ...common.errors import ConfigurationError, UnknownNameError
from ..losses.kl_decomposition import (
    batch_total_correlation,
    decompose,
    misplaced_log_weights,
    stratified_log_weights,
    uniform_log_weights,
)
from ..posterior import Posterior
from .objective import Terms, VAEObjective, linear_warmup
from .registry import method

LOG_WEIGHTS = {"mws": uniform_log_weights, "mss": stratified_log_weights, "mss_disvae": misplaced_log_weights}
ESTIMATORS = ("dlib", *LOG_WEIGHTS)


@method("beta_tc_vae")
class BetaTCVAE(VAEObjective):
    """reconstruction + alpha MI + beta TC + gamma DWKL (eq. 4).

    tc_estimator 'dlib' takes the KL in closed form and adds (beta - 1) TC, which is the same for alpha = gamma = 1."""

    def __init__(self, beta: float = gin.REQUIRED, alpha: float = 1.0, gamma: float = 1.0, tc_estimator: str = "dlib",
                 annealing_steps: int = 0):
        """tc_estimator: 'dlib' (unweighted batch), 'mws' (minibatch weighted sampling), 'mss' (stratified), or
        'mss_disvae' (as disentangling-vae computes the latter).  annealing_steps: gamma rises linearly to this step."""
        super().__init__()
        if tc_estimator not in ESTIMATORS:
            raise UnknownNameError("beta_tc_vae.tc_estimator", tc_estimator, ESTIMATORS)
        if tc_estimator == "dlib" and (alpha, gamma, annealing_steps) != (1, 1, 0):
            raise ConfigurationError("beta_tc_vae.tc_estimator = 'dlib' has only a weight beta; expected alpha = gamma "
                                     "= 1 and annealing_steps = 0, or tc_estimator 'mss' or 'mws'.")
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.tc_estimator = tc_estimator
        self.annealing_steps = annealing_steps

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        if self.tc_estimator == "dlib":
            return self._closed_form(posterior, latents)
        return self._sampled(posterior, latents, self.gamma * linear_warmup(step, self.annealing_steps))

    def _closed_form(self, posterior: Posterior, latents: torch.Tensor) -> tuple[torch.Tensor, Terms]:
        shifted = batch_total_correlation(latents, posterior)
        constant = (latents.shape[1] - 1) * math.log(len(latents))
        return posterior.kl() + (self.beta - 1) * shifted, {"total_correlation": shifted + constant}

    def _sampled(self, posterior: Posterior, latents: torch.Tensor, gamma: float) -> tuple[torch.Tensor, Terms]:
        if len(latents) < 2 or self.num_train < len(latents):
            raise ConfigurationError(f"model.batch_size is {len(latents)}; beta_tc_vae.tc_estimator = "
                                     f"{self.tc_estimator!r} needs 2 to {self.num_train}, the number of images.")
        log_weights = LOG_WEIGHTS[self.tc_estimator](len(latents), self.num_train, latents)
        parts = decompose(latents, posterior, log_weights, weigh_each_latent=self.tc_estimator == "mss_disvae")
        value = (self.alpha * parts.mutual_information + self.beta * parts.total_correlation
                 + gamma * parts.dimension_wise_kl)
        return value, {"mutual_information": parts.mutual_information, "total_correlation": parts.total_correlation,
                       "dimension_wise_kl": parts.dimension_wise_kl}
