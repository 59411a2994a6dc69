"""Ada-ML-VAE (arXiv:2002.02886), and the ML-VAE with labels (Bouchacourt et al. 2018, arXiv:1705.08841)."""

from __future__ import annotations

import math

import gin
import torch

from ...common.errors import UnknownNameError
from ..posterior import Posterior
from .pair_vae import Adaptive, Labelled, PairVAE
from .registry import method

VARIANCES = ("harmonic", "product")


@gin.configurable("mlvae")
class MLVAE(PairVAE):
    """The shared posterior has the precision-weighted mean of the means."""

    def __init__(self, beta: float = gin.REQUIRED, mlvae_variance: str = "harmonic"):
        """mlvae_variance: 'harmonic' mean of the variances, as disentanglement_lib takes it, or that of the 'product'
        of the Gaussians, as the paper has it: half as much."""
        super().__init__(beta)
        if mlvae_variance not in VARIANCES:
            raise UnknownNameError("mlvae.mlvae_variance", mlvae_variance, VARIANCES)
        self.mlvae_variance = mlvae_variance

    def shared(self, first: Posterior, second: Posterior) -> Posterior:
        log1, log2 = first.log_variance, second.log_variance
        product = log1 + log2 - torch.logaddexp(log1, log2)
        weight = torch.sigmoid(log2 - log1)  # of the first: its share of the precision
        return Posterior(weight * first.mean + (1 - weight) * second.mean,
                         product + (math.log(2) if self.mlvae_variance == "harmonic" else 0.0))


@method("mlvae_argmax")
class AdaMLVAE(Adaptive, MLVAE):
    """Ada-ML-VAE: which latents a pair shares is told from the posteriors (section 4)."""


@method("mlvae_labels")
class LabelledMLVAE(Labelled, MLVAE):
    """ML-VAE that is told which factor changed."""
