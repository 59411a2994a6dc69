"""DIP-VAE-I and -II (Kumar et al. 2018, arXiv:1711.00848, openreview H1kG7GZAW)."""

from __future__ import annotations

import gin
import torch

from ...common.errors import UnknownNameError
from ..posterior import Posterior
from .objective import Terms, VAEObjective
from .registry import method


@method("dip_vae")
class DIPVAE(VAEObjective):
    """reconstruction + KL + lambda_od sum_{i != j} Cov_ij^2 + lambda_d sum_i (Cov_ii - 1)^2.

    Cov is the batch's covariance of posterior means (type 'i', eq. 6) or of samples (type 'ii', eq. 7);
    lambda_d = lambda_d_factor * lambda_od."""

    def __init__(self, lambda_od: float = gin.REQUIRED, lambda_d_factor: float = gin.REQUIRED, dip_type: str = "i"):
        super().__init__()
        if dip_type not in ("i", "ii"):
            raise UnknownNameError("dip_vae.dip_type", dip_type, ["i", "ii"])
        self.lambda_od = lambda_od
        self.lambda_d = lambda_d_factor * lambda_od
        self.dip_type = dip_type

    def regularizer(self, posterior: Posterior, latents: torch.Tensor, step: int) -> tuple[torch.Tensor, Terms]:
        covariance = covariance_of_rows(posterior.mean)
        if self.dip_type == "ii":
            covariance = covariance + torch.diag(posterior.log_variance.exp().mean(dim=0))
        penalty = dip_penalty(covariance, self.lambda_od, self.lambda_d)
        return posterior.kl() + penalty, {"dip_penalty": penalty}


def covariance_of_rows(points: torch.Tensor) -> torch.Tensor:
    """(D, D) covariance of points (B, D), divided by B."""
    centred = points - points.mean(dim=0)
    return centred.T @ centred / len(points)


def dip_penalty(covariance: torch.Tensor, lambda_od: float, lambda_d: float) -> torch.Tensor:
    """Weighted squared distance of a covariance (D, D) from the identity; each pair of latents counts twice."""
    diagonal = torch.diagonal(covariance)
    off_diagonal = covariance - torch.diag(diagonal)
    return lambda_od * off_diagonal.square().sum() + lambda_d * (diagonal - 1).square().sum()
