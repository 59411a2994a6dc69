"""Commutative Lie Group VAE (Zhu, Xu & Tao 2021, arXiv:2106.03375)."""

from __future__ import annotations

from collections.abc import Sequence

import gin
import torch

from ...common.errors import ConfigurationError, UnknownNameError
from ..architectures.lie import LieDecoder, LieEncoder
from ..posterior import Posterior
from .objective import Encoding, Terms, VAEObjective
from .registry import method


@method("commutative_lie_group_vae")
class CommutativeLieGroupVAE(VAEObjective):
    """reconstruction* + beta KL + hy_rec mean ||g_E - g_G||^2 + hy_hes H + hy_commute C (sec. 3.3 and 3.4).

    g_E are the encoder's group features, g_G = expm(sum_j z_j A_j) the decoder's, H and C the penalties of
    `LieAlgebra`.  In training a batch is decoded from g_E instead of g_G with probability forward_eg_prob."""

    encoder: LieEncoder
    decoder: LieDecoder

    def __init__(self, hy_hes: float = gin.REQUIRED, hy_rec: float = gin.REQUIRED, hy_commute: float = 0.0,
                 forward_eg_prob: float = 0.2, beta: float = 1.0, commutator: str = "paper"):
        """commutator: 'transpose' penalises what the original code does, the asymmetry of each product."""
        super().__init__()
        if commutator not in ("paper", "transpose"):
            raise UnknownNameError("commutative_lie_group_vae.commutator", commutator, ["paper", "transpose"])
        self.beta, self.hy_hes, self.hy_rec, self.hy_commute = beta, hy_hes, hy_rec, hy_commute
        self.forward_eg_prob = forward_eg_prob
        self.commutator = commutator

    def build(self, image_shape: Sequence[int], num_train: int) -> None:
        super().build(image_shape, num_train)
        if not isinstance(self.encoder, LieEncoder) or not isinstance(self.decoder, LieDecoder):
            raise ConfigurationError("commutative_lie_group_vae needs networks with a group between image and latents: "
                                     "@lie_conv_encoder with @lie_conv_decoder, or @gist_lie_encoder with "
                                     "@gist_lie_decoder.")

    def encode(self, images: torch.Tensor) -> Encoding:
        features = self.encoder.group_features(images)
        posterior = Posterior(*self.encoder.posterior_of_features(features))
        return Encoding(posterior, posterior.sample(), features)

    def parts(self, images: torch.Tensor, encoding: Encoding, step: int) -> tuple[torch.Tensor, torch.Tensor, Terms]:
        assert encoding.features is not None
        group = self.decoder.algebra(encoding.latents)
        from_encoder = self.training and float(torch.rand(())) < self.forward_eg_prob
        logits = self.decoder.decode_features(encoding.features if from_encoder else group)
        penalty, terms = self.group_penalty(encoding.features, group)
        regularizer = self.beta * encoding.posterior.kl() + penalty
        return self.reconstruction_loss(logits, images), regularizer, terms

    def group_penalty(self, encoded: torch.Tensor, decoded: torch.Tensor) -> tuple[torch.Tensor, Terms]:
        """The weighted group terms for group features (B, G) from image and from latents, and each of them alone."""
        difference = (encoded - decoded).square().sum(dim=1).mean()
        hessian = self.decoder.algebra.hessian_penalty()
        commutator = self.decoder.algebra.commutator_penalty(transpose=self.commutator == "transpose")
        penalty = self.hy_rec * difference + self.hy_hes * hessian + self.hy_commute * commutator
        return penalty, {"group_difference": difference, "hessian": hessian, "commutator": commutator}
