"""MIPET (Jung, Jeong & Kim 2026, arXiv:2502.03740): invertible transformations of the latents, on any base method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import gin
import torch

from ...common.errors import ConfigurationError, UnknownNameError
from ..architectures.mipet import MipetDecoder
from ..architectures.registry import RUNTIME_ARGUMENTS, build
from ..losses.exponential_family import ExponentialFamily
from ..posterior import Posterior
from .beta_tc_vae import BetaTCVAE
from .lie_group_vae import CommutativeLieGroupVAE
from .objective import Encoding, Terms, VAEObjective, require_one_loss
from .registry import method

EF_KLS = ("source", "bregman")


@method("mipet")
class MIPET(VAEObjective):
    """base loss + similarity + calibration, with the latents of each of K units transformed before they are decoded.

    The base's KL is the estimated KL of the units' exponential families, summed over them; beta-TCVAE keeps the three
    parts of its Gaussian one.  similarity: mean over the batch of how far the units are from an exponential family.
    calibration: mean of (KL of the units - K Gaussian KL)^2.  The pictures of the units are averaged."""

    decoder: MipetDecoder

    def __init__(self, base: VAEObjective = gin.REQUIRED, num_transformations: int = gin.REQUIRED,
                 ef_kl: str = "source", double_sigmoid: bool = True, mask_in_eval: bool = False, ipe_factors: int = 2,
                 unit_learning_rate: float | None = None):
        """base: a method such as @vae(), @beta_tc_vae() or @commutative_lie_group_vae().  num_transformations: K.
        ef_kl: 'source' is what the published code computes, 'bregman' the divergence it stands for.
        double_sigmoid: the KL takes the sigmoid of a log-normaliser that ends in one.  mask_in_eval: small weights of
        the log-normaliser count as zero in evaluation, too.  ipe_factors: matrix exponentials in a transformation.
        unit_learning_rate: of the units' weights, which never decay; None for that of the networks."""
        super().__init__()
        require_one_loss(base, "mipet.base")
        if ef_kl not in EF_KLS:
            raise UnknownNameError("mipet.ef_kl", ef_kl, EF_KLS)
        if ipe_factors not in (1, 2):
            raise ConfigurationError(f"mipet.ipe_factors is {ipe_factors}; expected 1 or 2.")
        if num_transformations < 1:
            raise ConfigurationError(f"mipet.num_transformations is {num_transformations}; expected at least 1.")
        self.base, self.num_transformations, self.ipe_factors = base, num_transformations, ipe_factors
        self.ef_kl, self.double_sigmoid, self.mask_in_eval = ef_kl, double_sigmoid, mask_in_eval
        self.unit_learning_rate = unit_learning_rate

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        self.base.build(image_shape, num_train)
        self.num_train, self.num_latent = num_train, self.base.num_latent
        self.encoder, self.reconstruction_loss = self.base.encoder, self.base.reconstruction_loss
        if self.reconstruction_loss.activation != "logits":
            raise ConfigurationError("mipet averages images made by the logistic function; expected "
                                     "reconstruction_loss.activation = 'logits', not "
                                     f"{self.reconstruction_loss.activation!r}.")
        self.decoder = self._transforming(self.base.decoder.description)  # type: ignore[arg-type]
        if self._is_lie:  # it works on its decoder's parts, so it is handed the units' latents side by side
            self.base.decoder = self.decoder.decoder
            self.base.reconstruction_loss = self._loss_of_average  # type: ignore[assignment]
        else:
            self.base.decoder = self.decoder
        self.units = ExponentialFamily(self.num_transformations, self.num_latent, self.ef_kl, self.double_sigmoid,
                                       self.mask_in_eval)

    def vae_parameters(self) -> Iterable[Any]:
        units = [*self.units.parameters(), *self.decoder.generators.parameters()]
        own_rate = {} if self.unit_learning_rate is None else {"lr": self.unit_learning_rate}
        return [{"params": [*self.encoder.parameters(), *self.decoder.decoder.parameters()]},
                {"params": units, "weight_decay": 0.0, **own_rate}]

    def encode(self, images: torch.Tensor) -> Encoding:
        return self.base.encode(images)

    def parts(self, images: torch.Tensor, encoding: Encoding, step: int) -> tuple[torch.Tensor, torch.Tensor, Terms]:
        posterior, latents = encoding.posterior, encoding.latents
        transformed = self.decoder.transform(latents)
        converted = self.units(transformed, self.decoder.transform(posterior.noise_of(latents)))
        kl = converted.kl.sum(dim=(0, 2))
        seen = posterior if isinstance(self.base, BetaTCVAE) else ConvertedPosterior(
            posterior.mean, posterior.log_variance, kl.mean())
        handed = self._side_by_side(seen, transformed, encoding) if self._is_lie else Encoding(seen, latents)
        reconstruction, regularizer, terms = self.base.parts(images, handed, step)
        similarity = converted.similarity.sum(dim=0).mean()
        calibration = (kl - self.num_transformations * posterior.kl_of_images()).square().mean()
        return reconstruction, regularizer + similarity + calibration, {
            **terms, "ef_kl": kl.mean(), "similarity": similarity, "calibration": calibration}

    @property
    def _is_lie(self) -> bool:
        return isinstance(self.base, CommutativeLieGroupVAE)

    def _side_by_side(self, posterior: Posterior, transformed: torch.Tensor, encoding: Encoding) -> Encoding:
        assert encoding.features is not None
        return Encoding(posterior, transformed.flatten(0, 1), encoding.features.repeat(len(transformed), 1))

    def _loss_of_average(self, logits: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        return self.reconstruction_loss(self.decoder.average(logits), images)

    def _transforming(self, description: dict[str, Any]) -> Any:
        arguments = dict(description["arguments"])
        known = {name: arguments.pop(name) for name in RUNTIME_ARGUMENTS}
        return build({"name": "mipet_decoder", "arguments": {
            **known, "decoder": description["name"], "decoder_options": arguments,
            "num_transformations": self.num_transformations, "num_factors": self.ipe_factors}})


@dataclass(frozen=True)
class ConvertedPosterior(Posterior):
    """A Gaussian posterior whose KL is that of the exponential family it was converted to."""

    converted_kl: torch.Tensor
    """A scalar."""

    def kl(self) -> torch.Tensor:
        return self.converted_kl
