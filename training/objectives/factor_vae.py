"""FactorVAE (Kim & Mnih 2018, arXiv:1802.05983)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gin
import torch

from ...common.errors import ConfigurationError, UnknownNameError
from ..networks import make_discriminator
from ..optimizers import ScheduledOptimizer, make_discriminator_optimizer
from ..posterior import Posterior
from .objective import Losses, Terms, VAEObjective, linear_warmup, vae_terms
from .registry import method

EPSILON = 1e-6  # disentanglement_lib's bound on the discriminator's probabilities


@method("factor_vae")
class FactorVAE(VAEObjective):
    """reconstruction + KL + gamma mean(l_joint - l_permuted), with logits l of a discriminator T (eq. 2 and 3).

    T minimises the cross-entropy of telling z from z with each latent permuted over the batch.  Both gradients are
    taken at the same parameters."""

    def __init__(self, gamma: float = gin.REQUIRED, permute_batch: str = "same", step_increment: int = 2,
                 annealing_steps: int = 0):
        """permute_batch: 'same' permutes the latents that are also the joint samples, as disentanglement_lib does;
        'half' trains the VAE on one half of the batch and permutes the other, as the paper does with two batches.
        step_increment: reference: each of disentanglement_lib's two optimizers moves the global step, so its 300,000
        steps are 150,000 updates; 1 counts an update once.  annealing_steps: gamma rises linearly up to this step."""
        super().__init__()
        if permute_batch not in ("same", "half"):
            raise UnknownNameError("factor_vae.permute_batch", permute_batch, ["same", "half"])
        if step_increment not in (1, 2):
            raise ConfigurationError(f"factor_vae.step_increment is {step_increment}; expected 1 or 2.")
        self.gamma = gamma
        self.permute_batch = permute_batch
        self.step_increment = step_increment
        self.annealing_steps = annealing_steps

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        super().build(image_shape, num_train)
        self.discriminator = make_discriminator(self.num_latent)

    def make_optimizers(self) -> dict[str, ScheduledOptimizer]:
        return {**super().make_optimizers(),
                "discriminator": make_discriminator_optimizer(self.discriminator.parameters())}

    def vae_parameters(self) -> Iterable[Any]:
        return [*self.encoder.parameters(), *self.decoder.parameters()]

    def forward(self, images: torch.Tensor, step: int) -> Losses:
        first, second = self._parts(images)
        posterior = Posterior(*self.encoder(first))
        latents = posterior.sample()
        reconstruction = self.reconstruction_loss(self.decoder(latents), first)
        regularizer, terms = self.regularizer(posterior, latents, step)
        to_permute = latents if second is None else Posterior(*self.encoder(second)).sample()
        discriminator_loss = self.discriminator_loss(latents.detach(), permute_latents(to_permute.detach()))
        terms = {**vae_terms(reconstruction, posterior.kl(), regularizer), **terms,
                 "discriminator_loss": discriminator_loss}
        del terms["elbo"]  # disentanglement_lib reports none for this method
        return Losses({"vae": reconstruction + regularizer, "discriminator": discriminator_loss}, terms)

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        logits = self.discriminator(latents)
        total_correlation = (logits[:, 0] - logits[:, 1]).mean()
        gamma = self.gamma * linear_warmup(step, self.annealing_steps)
        return posterior.kl() + gamma * total_correlation, {"total_correlation": total_correlation}

    def discriminator_loss(self, joint: torch.Tensor, permuted: torch.Tensor) -> torch.Tensor:
        """Cross-entropy in nats, a scalar, of calling `joint` class 0 and `permuted` class 1; both (B, D)."""
        right = [self.discriminator(latents).softmax(dim=1)[:, label] for label, latents in ((0, joint), (1, permuted))]
        return -sum(p.clamp(EPSILON, 1 - EPSILON).log().mean() for p in right) / 2  # type: ignore[return-value]

    def _parts(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        if self.permute_batch == "same":
            return images, None
        if len(images) % 2:
            raise ConfigurationError(f"model.batch_size is {len(images)}; factor_vae.permute_batch = 'half' needs an "
                                     "even one.")
        first, second = images.chunk(2)
        return first, second


def permute_latents(latents: torch.Tensor) -> torch.Tensor:
    """(B, D) with every column permuted independently: samples of the product of the marginals."""
    orders = torch.rand_like(latents).argsort(dim=0)
    return latents.gather(0, orders)
