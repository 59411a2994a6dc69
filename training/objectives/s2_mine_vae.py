"""The semi-supervised method that separates latents from labels by mutual information (arXiv:1905.01258, appendix)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gin
import torch

from ..data.labelled import PartlyLabelled
from ..losses.mutual_information import MutualInformation
from ..optimizers import ScheduledOptimizer, make_vae_optimizer
from .beta_vae import BetaVAE
from .objective import Losses
from .registry import method
from .semi_supervised import SemiSupervisedVAE

ESTIMATOR_LEARNING_RATE = 0.01


@method("s2_mine_vae")
class S2MineVAE(SemiSupervisedVAE):
    """beta-VAE + gamma_t sum over labels l and latents r != l of I(l; r)^2.

    Each I is estimated by a network of its own, and all of them are trained beside the VAE."""

    def __init__(self, gamma_sup: float = gin.REQUIRED, beta: float = gin.REQUIRED):
        super().__init__(BetaVAE(beta=beta), gamma_sup)

    def make_supervised_loss(self, factor_sizes: Sequence[int]) -> MutualInformation:
        return MutualInformation(len(factor_sizes), self.num_latent)

    def make_optimizers(self) -> dict[str, ScheduledOptimizer]:
        estimators = torch.optim.Adam(self.supervised_loss.parameters(), lr=ESTIMATOR_LEARNING_RATE)
        return {"vae": make_vae_optimizer(self.vae_parameters()), "estimators": ScheduledOptimizer(estimators)}

    def vae_parameters(self) -> Iterable[Any]:
        return self.base.vae_parameters()

    def forward(self, batch: PartlyLabelled, step: int) -> Losses:  # type: ignore[override]
        means, _ = self.encoder(batch.labelled_images)
        information = self.supervised_loss(means, batch.labels)
        apart = information.square().sum() - information.diagonal().square().sum()
        losses = self.with_labels(self.base(batch.images, step), apart, step)
        return Losses({**losses.minimised, "estimators": -information.sum()}, losses.terms)
