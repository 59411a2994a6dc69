"""What all methods share: networks, reconstruction, and the shape of a training step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from ...common.errors import ConfigurationError
from ...ground_truth.ground_truth_data import GroundTruthData
from ..data.batches import Batches
from ..data.image_loader import ImageLoader
from ..data.labelled import Supervision
from ..losses.reconstruction import ReconstructionLoss
from ..networks import make_decoder, make_encoder
from ..optimizers import ScheduledOptimizer, make_vae_optimizer
from ..posterior import Posterior

Terms = dict[str, "torch.Tensor | float"]


@dataclass
class Losses:
    """What one batch gives."""

    minimised: dict[str, torch.Tensor]
    """The scalar that each optimizer minimises over its own parameters; all gradients are taken before any step."""
    terms: Terms
    """Scalars for the log."""


@dataclass(frozen=True)
class Encoding:
    """What the encoder makes of a batch."""

    posterior: Posterior
    latents: torch.Tensor
    """(B, D), sampled."""
    features: torch.Tensor | None = None
    """(B, G), what lies between image and posterior, for methods that use it."""


class VAEObjective(nn.Module):
    """reconstruction + regularizer, to be minimised.

    Made from gin without networks, then `build` adds them once images and seed are known.  Everything that must
    survive a restart is a parameter or a buffer."""

    IN_WORDS = "an instance of a method, such as @vae()"

    method: ClassVar[str]
    step_increment: int = 1  # how far one update moves the global step
    encoder: nn.Module
    decoder: nn.Module
    reconstruction_loss: ReconstructionLoss

    def supervise(self, data: GroundTruthData, supervision: Supervision) -> None:
        """Takes from the data set what a method learns from beside images; called once, before `build`."""

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        """Makes the networks for images (C, H, W).  num_train: number of different training images."""
        self.num_train = num_train
        self.encoder = make_encoder(image_shape)
        self.num_latent = int(self.encoder.description["arguments"]["num_latent"])  # type: ignore[index,union-attr]
        self.decoder = make_decoder(image_shape, self.num_latent)
        self.reconstruction_loss = ReconstructionLoss()

    def make_batches(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader,
                     evaluation: bool = False) -> Batches:
        """The stream this method is trained on, or evaluated on after training; what it yields is what `forward` takes.

        data: the data set.  load: from its observations to images on the device, see image_loader.py."""
        return Batches(data, batch_size, seed, load)

    def make_optimizers(self) -> dict[str, ScheduledOptimizer]:
        """The optimizers by the names used in `Losses.minimised`."""
        return {"vae": make_vae_optimizer(self.vae_parameters())}

    def vae_parameters(self) -> Iterable[Any]:
        """What the VAE's optimizer moves: parameters, or groups of them with settings of their own."""
        return self.parameters()

    def forward(self, images: torch.Tensor, step: int) -> Losses:
        """images: (B, C, H, W) float32 in [0, 1].  step: the global step, 0 for the first update."""
        return self.losses(images, self.encode(images), step)

    def losses(self, images: torch.Tensor, encoding: Encoding, step: int) -> Losses:
        """The one loss that is the sum of `parts`, and the terms every method reports."""
        reconstruction, regularizer, terms = self.parts(images, encoding, step)
        return Losses({"vae": reconstruction + regularizer},
                      vae_terms(reconstruction, encoding.posterior.kl(), regularizer) | terms)

    def encode(self, images: torch.Tensor) -> Encoding:
        """The posterior of images (B, C, H, W) and a sample of it."""
        posterior = Posterior(*self.encoder(images))
        return Encoding(posterior, posterior.sample())

    def parts(self, images: torch.Tensor, encoding: Encoding, step: int) -> tuple[torch.Tensor, torch.Tensor, Terms]:
        """The reconstruction loss, the regularizer, both scalars, and further terms for the log."""
        reconstruction = self.reconstruction_loss(self.decoder(encoding.latents), images)
        return reconstruction, *self.regularizer(encoding.posterior, encoding.latents, step)

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        """What is added to the reconstruction loss, a scalar, and further terms for the log.

        latents: (B, D), sampled from the posterior."""
        raise NotImplementedError

    def decode_images(self, latents: torch.Tensor) -> torch.Tensor:
        """Images (N, C, H, W) in [0, 1] of latents (N, D)."""
        return self.reconstruction_loss.images(self.decoder(latents))


def require_one_loss(base: object, parameter: str) -> None:
    """Raises ConfigurationError unless `base` is a method that a layer can be laid around."""
    if not isinstance(base, VAEObjective) or type(base).forward is not VAEObjective.forward or hasattr(base, "base"):
        name = base.method if isinstance(base, VAEObjective) else base
        raise ConfigurationError(f"{parameter} is {name!r}; expected an instance of a method with one loss, itself no "
                                 "layer on another, such as @vae(), @beta_tc_vae(), @control_vae() or "
                                 "@commutative_lie_group_vae().")


def vae_terms(reconstruction: torch.Tensor, kl: torch.Tensor, regularizer: torch.Tensor) -> Terms:
    """The terms disentanglement_lib reports for every method; the ELBO ignores the method's weights."""
    return {"loss": reconstruction + regularizer, "reconstruction_loss": reconstruction, "kl_loss": kl,
            "regularizer": regularizer, "elbo": -(reconstruction + kl)}


def stacked(terms: Terms, dtype: torch.dtype) -> torch.Tensor:
    """Returns the terms side by side, (T,), on the device of the loss, which is not waited for."""
    device = torch.as_tensor(terms["loss"]).device
    return torch.stack([value.detach().to(dtype) if isinstance(value, torch.Tensor)
                        else torch.full((), value, dtype=dtype, device=device) for value in terms.values()])


def linear_warmup(step: int, num_steps: int) -> float:
    """step / num_steps up to 1; 1 throughout when num_steps is 0."""
    return min(step / num_steps, 1.0) if num_steps > 0 else 1.0
