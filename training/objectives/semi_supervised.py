"""Semi-supervised methods (Locatello et al. 2020, "Disentangling Factors of Variations Using Few Labels",
arXiv:1905.01258): a method on unlabelled images, and a loss on labelled ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import gin
import torch
from torch import nn

from ...ground_truth.ground_truth_data import GroundTruthData
from ..data.image_loader import ImageLoader
from ..data.labelled import LabelledImages, PartlyLabelled, PartlyLabelledBatches, Supervision
from ..losses.annealers import Annealer, fixed
from ..losses.supervised import SupervisedLoss
from ..optimizers import ScheduledOptimizer, make_vae_optimizer
from ..posterior import Posterior
from .beta_tc_vae import BetaTCVAE
from .beta_vae import BetaVAE
from .dip_vae import DIPVAE
from .factor_vae import FactorVAE
from .objective import Encoding, Losses, Terms, VAEObjective
from .registry import method


class SemiSupervisedVAE(VAEObjective):
    """base loss of unlabelled images + gamma_t S of the posterior means of labelled ones (section 3).

    S is `supervised_loss`, gamma_t what `annealer` makes of gamma_sup."""

    anneals: ClassVar[bool] = True
    labelled: LabelledImages

    def __init__(self, base: VAEObjective, gamma_sup: float):
        super().__init__()
        self.base, self.gamma_sup = base, gamma_sup
        self.step_increment = base.step_increment

    def supervise(self, data: GroundTruthData, supervision: Supervision) -> None:
        supervision.check(self.method)
        self.labelled = LabelledImages(data, supervision)

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        self.base.build(image_shape, num_train)
        self.num_train, self.num_latent = num_train, self.base.num_latent
        self.encoder, self.decoder = self.base.encoder, self.base.decoder
        self.reconstruction_loss = self.base.reconstruction_loss
        self.supervised_loss = self.make_supervised_loss(self.labelled.factor_sizes)
        self.annealer = Annealer() if self.anneals else Annealer(fixed, 0)

    def make_supervised_loss(self, factor_sizes: Sequence[int]) -> nn.Module:
        """S for labels with so many values each."""
        return SupervisedLoss(factor_sizes, self.num_latent)

    def make_batches(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader,
                     evaluation: bool = False) -> PartlyLabelledBatches:
        return PartlyLabelledBatches(data, batch_size, seed, load, *self.labelled.part(evaluation))

    def make_optimizers(self) -> dict[str, ScheduledOptimizer]:
        return {**self.base.make_optimizers(), "vae": make_vae_optimizer(self.vae_parameters())}

    def vae_parameters(self) -> Iterable[Any]:
        return [*self.base.vae_parameters(), *self.supervised_loss.parameters()]

    def forward(self, batch: PartlyLabelled, step: int) -> Losses:  # type: ignore[override]
        """step: the global step, 0 for the first update."""
        supervised = self.supervised_loss(self.encoder(batch.labelled_images)[0], batch.labels)
        return self.with_labels(self.base(batch.images, step), supervised, step)

    def with_labels(self, losses: Losses, supervised: torch.Tensor, step: int) -> Losses:
        """The base's losses with gamma_t S added, and both in the terms."""
        gamma = self.annealer(self.gamma_sup, step)
        minimised = {**losses.minimised, "vae": losses.minimised["vae"] + gamma * supervised}
        totals = {name: losses.terms[name] + gamma * supervised for name in ("loss", "regularizer")}
        return Losses(minimised, {**losses.terms, **totals, "supervised_loss": supervised, "gamma_sup": gamma})


@method("s2_vae")
class S2VAE(SemiSupervisedVAE):
    """beta-VAE with labels."""

    def __init__(self, beta: float = gin.REQUIRED, gamma_sup: float = gin.REQUIRED):
        super().__init__(BetaVAE(beta=beta), gamma_sup)


@method("s2_factor_vae")
class S2FactorVAE(SemiSupervisedVAE):
    """FactorVAE with labels; what `factor_vae` has for options is set there."""

    def __init__(self, gamma: float = gin.REQUIRED, gamma_sup: float = gin.REQUIRED):
        super().__init__(FactorVAE(gamma=gamma), gamma_sup)


@method("s2_dip_vae")
class S2DIPVAE(SemiSupervisedVAE):
    """DIP-VAE-I or -II with labels."""

    def __init__(self, lambda_od: float = gin.REQUIRED, lambda_d_factor: float = gin.REQUIRED,
                 gamma_sup: float = gin.REQUIRED, dip_type: str = "i"):
        super().__init__(DIPVAE(lambda_od=lambda_od, lambda_d_factor=lambda_d_factor, dip_type=dip_type), gamma_sup)


@method("s2_beta_tc_vae")
class S2BetaTCVAE(SemiSupervisedVAE):
    """beta-TCVAE with labels; what `beta_tc_vae` has for options is set there."""

    def __init__(self, beta: float = gin.REQUIRED, gamma_sup: float = gin.REQUIRED):
        super().__init__(BetaTCVAE(beta=beta), gamma_sup)


class _DecoderOnly(VAEObjective):
    """The reconstruction loss of latents that are constants: only the decoder learns from it, for pictures."""

    method = "decoder"

    def encode(self, images: torch.Tensor) -> Encoding:
        encoding = super().encode(images)
        return Encoding(encoding.posterior, encoding.latents.detach())

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        return latents.new_zeros(()), {}


@method("supervised")
class Supervised(SemiSupervisedVAE):
    """Labels only: an encoder whose means minimise S, and a decoder that follows it; there is nothing to anneal."""

    anneals = False

    def __init__(self) -> None:
        super().__init__(_DecoderOnly(), gamma_sup=1.0)
