"""CFASL (Jung, Jeong & Kim 2024, TMLR, arXiv:2401.08897): symmetries between images, on any base method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gin
import torch
from torch import nn
from torch.nn import functional

from ...common.errors import ConfigurationError, UnknownNameError
from ..losses.group_symmetries import (
    GroupSymmetries,
    commutativity_loss,
    parallel_loss,
    perpendicular_loss,
    published_commutativity_loss,
    sector_loss,
    sparsity_loss,
)
from .objective import Encoding, Terms, VAEObjective, require_one_loss
from .registry import method

CHOICES = {"codebook_init": ("trunc_normal", "normal"), "sector_loss": ("logits", "double_softmax"),
           "switch": ("gumbel", "straight_through"), "std2": ("logvar", "mean"),
           "bias_init": ("default", "uniform01"), "commutativity": ("paper", "source")}
COMMUTATIVITY = {"paper": commutativity_loss, "source": published_commutativity_loss}


@method("cfasl")
class CFASL(VAEObjective):
    """base loss + alpha (parallel + perpendicular + sparsity + commutativity) + gamma sector
    + lamb equivariance of the encoder + epsilon equivariance of the decoder, the latter four on pairs of images.

    Pairs are the two halves of the batch.  In evaluation only the base's loss is left."""

    def __init__(self, base: VAEObjective = gin.REQUIRED, epsilon: float = gin.REQUIRED,
                 threshold: float = gin.REQUIRED, alpha: float = 1.0, gamma: float = 1.0, lamb: float = 1.0,
                 sub_sec: int = 16, selector_learning_rate: float | None = 2e-5, temperature: float = 1e-4,
                 codebook_init: str = "trunc_normal", codebook_std: float = 1.0, sector_loss: str = "logits",
                 switch: str = "gumbel", std2: str = "logvar", detach_pair: bool = False,
                 bias_init: str = "default", commutativity: str = "paper"):
        """base: a method such as @vae() or @beta_tc_vae().  sub_sec: symmetries a section.  threshold: difference of a
        latent that counts as a change.  The other options choose between the paper and what its code does:
        std2 'mean', sector_loss 'double_softmax', bias_init 'uniform01' and commutativity 'source' are the code's."""
        super().__init__()
        require_one_loss(base, "cfasl.base")
        given = {"codebook_init": codebook_init, "sector_loss": sector_loss, "switch": switch, "std2": std2,
                 "bias_init": bias_init, "commutativity": commutativity}
        for name, value in given.items():
            if value not in CHOICES[name]:
                raise UnknownNameError(f"cfasl.{name}", value, CHOICES[name])
        self.base, self.options = base, given
        self.epsilon, self.threshold, self.alpha, self.gamma, self.lamb = epsilon, threshold, alpha, gamma, lamb
        self.sub_sec, self.codebook_std, self.temperature = sub_sec, codebook_std, temperature
        self.selector_learning_rate, self.detach_pair = selector_learning_rate, detach_pair

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        self.base.build(image_shape, num_train)
        self.num_train, self.num_latent = num_train, self.base.num_latent
        self.encoder, self.decoder = self.base.encoder, self.base.decoder
        self.reconstruction_loss = self.base.reconstruction_loss
        self.symmetries = GroupSymmetries(self.num_latent, self.sub_sec, self.options["codebook_init"],
                                          self.codebook_std)
        if self.options["bias_init"] == "uniform01":
            for parameter in self.parameters():
                if parameter.ndim == 1:
                    nn.init.uniform_(parameter)

    def vae_parameters(self) -> Iterable[Any]:
        selector = list(self.symmetries.selector.parameters())
        if self.selector_learning_rate is None:
            return self.parameters()
        others = [parameter for parameter in self.parameters() if all(parameter is not own for own in selector)]
        return [{"params": others}, {"params": selector, "lr": self.selector_learning_rate}]

    def encode(self, images: torch.Tensor) -> Encoding:
        return self.base.encode(images)

    def parts(self, images: torch.Tensor, encoding: Encoding, step: int) -> tuple[torch.Tensor, torch.Tensor, Terms]:
        reconstruction, regularizer, terms = self.base.parts(images, encoding, step)
        if not self.training:
            return reconstruction, regularizer, terms
        if len(images) % 2:
            raise ConfigurationError(f"model.batch_size is {len(images)}; cfasl pairs the two halves of a batch and "
                                     "needs an even one.")
        symmetry_terms = {**self.codebook_terms(encoding.latents), **self.pair_terms(images, encoding)}
        weights = {"sector": self.gamma, "encoder_equivariance": self.lamb, "decoder_equivariance": self.epsilon}
        added = sum(weights.get(name, self.alpha) * value for name, value in symmetry_terms.items())
        return reconstruction, regularizer + added, {**terms, **symmetry_terms}

    def codebook_terms(self, latents: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the symmetries do to each latent vector of (B, D)."""
        differences = self.symmetries.differences(latents)
        chosen = torch.randint(self.sub_sec, (self.num_latent,), device=latents.device)
        commutativity = COMMUTATIVITY[self.options["commutativity"]](self.symmetries.codebook)
        return {"parallel": parallel_loss(differences), "perpendicular": perpendicular_loss(differences, chosen),
                "sparsity": sparsity_loss(differences), "commutativity": commutativity}

    def pair_terms(self, images: torch.Tensor, encoding: Encoding) -> dict[str, torch.Tensor]:
        """How well the selected symmetries carry the first image of a pair to the second, and back."""
        logits, selection = self.symmetries.select(encoding.posterior, self.options["std2"] == "mean")
        forward, inverse = self.symmetries.actions(self._switch(logits), selection)
        first, second = encoding.latents.chunk(2)
        to_first, to_second = (torch.einsum("pi,pij->pj", *pair) for pair in ((second, inverse), (first, forward)))
        target1, target2 = (first.detach(), second.detach()) if self.detach_pair else (first, second)
        decoded = self.decoder(torch.cat([to_first, to_second]))
        double_softmax = self.options["sector_loss"] == "double_softmax"
        return {"sector": sector_loss(logits, encoding.latents, self.threshold, double_softmax),
                "encoder_equivariance": (functional.mse_loss(to_first, target1)
                                         + functional.mse_loss(to_second, target2)),
                "decoder_equivariance": self.reconstruction_loss(decoded, images)}

    def _switch(self, logits: torch.Tensor) -> torch.Tensor:
        hard = self.options["switch"] == "straight_through"
        return functional.gumbel_softmax(logits, tau=self.temperature, hard=hard, dim=2)[:, :, 1]
