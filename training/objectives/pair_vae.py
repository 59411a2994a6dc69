"""What Ada-GVAE and Ada-ML-VAE share: the two images of a pair share the latents that did not change.

Locatello et al. 2020, "Weakly-Supervised Disentanglement Without Compromises", arXiv:2002.02886, section 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...common.errors import ConfigurationError
from ...ground_truth.ground_truth_data import GroundTruthData
from ..data.image_loader import ImageLoader
from ..data.pairs import PairBatches, Pairs
from ..posterior import Posterior
from .objective import Encoding, Losses, Terms, VAEObjective


class PairVAE(VAEObjective):
    """reconstruction + beta KL, each the mean over both images, with one posterior for the latents the images share.

    A subclass says which latents a pair keeps apart, and what posterior it shares in the others."""

    def __init__(self, beta: float):
        super().__init__()
        self.beta = beta

    def make_batches(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader,
                     evaluation: bool = False) -> PairBatches:
        return PairBatches(data, batch_size, seed, load)

    def forward(self, pairs: Pairs, step: int) -> Losses:  # type: ignore[override]
        """pairs: B of them.  step: the global step, 0 for the first update."""
        posterior = Posterior(*self.encoder(pairs.images))
        aggregated, apart = self.aggregate(posterior, pairs.changed)
        losses = self.losses(pairs.images, Encoding(aggregated, aggregated.sample()), step)
        losses.terms["latents_apart"] = apart.sum(dim=1).double().mean()
        return losses

    def aggregate(self, posterior: Posterior, changed: torch.Tensor) -> tuple[Posterior, torch.Tensor]:
        """The posterior (2 B, D) with shared latents shared, and which are kept apart, (B, D) bool."""
        first, second = posterior.halves()
        apart = self.apart(first, second, changed)
        shared, kept = self.shared(first, second), torch.cat([apart, apart])
        mean, log_variance = (torch.where(kept, own, torch.cat([common, common])) for own, common in (
            (posterior.mean, shared.mean), (posterior.log_variance, shared.log_variance)))
        return Posterior(mean, log_variance), apart

    def apart(self, first: Posterior, second: Posterior, changed: torch.Tensor) -> torch.Tensor:
        """(B, D) bool: the latents in which the images of a pair keep their own posteriors."""
        raise NotImplementedError

    def shared(self, first: Posterior, second: Posterior) -> Posterior:
        """(B, D): the posterior both images have in the other latents."""
        raise NotImplementedError

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        return self.beta * posterior.kl(), {}


class Adaptive:
    """Which latents changed is told from the posteriors themselves ('argmax' in disentanglement_lib)."""

    def apart(self, first: Posterior, second: Posterior, changed: torch.Tensor) -> torch.Tensor:
        """The latents whose KL between the images lies in the upper half of the pair's range; none where all agree."""
        distance = (torch.exp(first.log_variance - second.log_variance)
                    + (second.mean - first.mean).square() * torch.exp(-second.log_variance)
                    - 1 + second.log_variance - first.log_variance)
        low, high = distance.amin(dim=1, keepdim=True), distance.amax(dim=1, keepdim=True)
        return (distance - low) / (high - low) >= 0.5  # 0 / 0 where all agree, which is not


class Labelled:
    """Which latent changed is the label: latent i stands for factor i ('labels' in disentanglement_lib)."""

    def make_batches(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader,
                     evaluation: bool = False) -> PairBatches:
        """Raises ConfigurationError for fewer latents than factors."""
        require_latent_for_each(data.factors_num_values, self.num_latent, self.method)  # type: ignore[attr-defined]
        return super().make_batches(data, batch_size, seed, load, evaluation)  # type: ignore[misc]

    def apart(self, first: Posterior, second: Posterior, changed: torch.Tensor) -> torch.Tensor:
        """The one latent of the changed factor."""
        return torch.arange(first.mean.shape[1], device=changed.device) == changed[:, None]


def require_latent_for_each(factor_sizes: Sequence[int], num_latent: int, method: str) -> None:
    """Raises ConfigurationError for fewer latents than factors."""
    if num_latent < len(factor_sizes):
        raise ConfigurationError(f"encoder.num_latent is {num_latent}, but {method} gives each of {len(factor_sizes)} "
                                 "factors a latent of its own; expected at least as many latents.")
