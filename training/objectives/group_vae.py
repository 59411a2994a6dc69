"""Ada-GVAE (arXiv:2002.02886), and the group-VAE with labels (Hosoya 2018, arXiv:1809.02383)."""

from __future__ import annotations

import math

import gin
import torch

from ..posterior import Posterior
from .pair_vae import Adaptive, Labelled, PairVAE
from .registry import method


@gin.configurable("group_vae")
class GroupVAE(PairVAE):
    """The shared posterior has the mean of the means and the mean of the variances."""

    def __init__(self, beta: float = gin.REQUIRED):
        super().__init__(beta)

    def shared(self, first: Posterior, second: Posterior) -> Posterior:
        return Posterior((first.mean + second.mean) / 2,
                         torch.logaddexp(first.log_variance, second.log_variance) - math.log(2))


@method("group_vae_argmax")
class AdaGVAE(Adaptive, GroupVAE):
    """Ada-GVAE: which latents a pair shares is told from the posteriors (section 4)."""


@method("group_vae_labels")
class LabelledGroupVAE(Labelled, GroupVAE):
    """Group-VAE that is told which factor changed."""
