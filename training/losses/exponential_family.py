"""MIPET's conversion of Gaussian latents to an exponential family (arXiv:2502.03740, section 3.3).

A unit maps transformed latents z and noise e to natural parameters theta_z = z P_z and theta_e = e P_e, takes
A(theta) = sigmoid(theta Q) for their log-normaliser, and estimates the KL between the two densities.  K units are
computed at once: arrays begin with (K, B, ...).

reference: the formulas are those of the published code, whose gradient of A contracts differently from calculus
(`ef_kl = 'bregman'` is the divergence it stands for)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ..architectures.mipet import xavier_stack

WIDTH = 5  # of the hidden layer of each map, in latents


@dataclass(frozen=True)
class Conversion:
    """What K units make of a batch."""

    kl: torch.Tensor
    """(K, B, D): the estimated KL, latent by latent; may be negative."""
    similarity: torch.Tensor
    """(K, B): how far the densities are from an exponential family, a sum of norms."""


class WideMaps(nn.Module):
    """K linear maps of D latents by way of 5 D units, without biases or activations."""

    def __init__(self, num_units: int, num_latent: int):
        super().__init__()
        self.first = nn.Parameter(xavier_stack(num_units, num_latent, WIDTH * num_latent))
        self.second = nn.Parameter(xavier_stack(num_units, WIDTH * num_latent, num_latent))

    def matrices(self, masked: bool = False) -> torch.Tensor:
        """(K, D, D).  masked: entries smaller than their matrix's mean magnitude count as zero."""
        return _large(self.first) @ _large(self.second) if masked else self.first @ self.second


class ExponentialFamily(nn.Module):
    """The maps of K units and the quantities made with them."""

    def __init__(self, num_units: int, num_latent: int, ef_kl: str = "source", double_sigmoid: bool = True,
                 mask_in_eval: bool = False):
        """ef_kl: 'source' or 'bregman'.  double_sigmoid: the KL takes sigmoid(A), as published.  mask_in_eval: the
        mask on A's small weights, part of training, stays in evaluation."""
        super().__init__()
        self.ef_kl, self.double_sigmoid, self.mask_in_eval = ef_kl, double_sigmoid, mask_in_eval
        self.of_latents, self.of_noise, self.statistics, self.normaliser = (
            WideMaps(num_units, num_latent) for _ in range(4))
        self.mixing = nn.Parameter(xavier_stack(num_units, num_latent, num_latent))
        self.mixing_bias = nn.Parameter(torch.empty(num_units, 1, num_latent).uniform_(-1, 1) / num_latent**0.5)

    def forward(self, latents: torch.Tensor, noise: torch.Tensor) -> Conversion:
        """latents, noise: (K, B, D), transformed."""
        to_theta_z, to_theta_e = self.of_latents.matrices(), self.of_noise.matrices()
        q = self.normaliser.matrices(masked=self.training or self.mask_in_eval)
        theta_z, theta_e = latents @ to_theta_z, noise @ to_theta_e
        a_z, a_e = self._normalised(theta_z, q), self._normalised(theta_e, q)
        kl = self._kl(theta_z, theta_e, q)
        statistics = self.statistics.matrices()
        prior_z = ((latents @ statistics).sum(dim=1, keepdim=True) @ to_theta_z
                   + latents.shape[1] * (theta_z @ statistics) - _curvature(a_z, q, to_theta_z))
        prior_e = 2 * _total(theta_z) * theta_e
        of_z = self._mix(_kl_gradient(a_z, theta_z, q, to_theta_z)) + prior_z
        of_e = self._mix(-_kl_gradient(a_e, theta_e, q, to_theta_e)) + prior_e
        return Conversion(kl, sum((part.norm(dim=2) for part in (of_z, of_e)), kl.norm(dim=2)))

    def _kl(self, theta_z: torch.Tensor, theta_e: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        a_z, a_e = self._normalised(theta_z, q), self._normalised(theta_e, q)
        if self.ef_kl == "source":
            return a_e - _total(theta_e) * (_slope(a_e) @ q) - a_z + _total(theta_z) * (_slope(a_z) @ q)
        slope = _slope(torch.sigmoid(theta_z @ q)) * (_slope(a_z) if self.double_sigmoid else 1)
        return a_e - a_z + ((theta_z - theta_e) @ q) * slope

    def _normalised(self, theta: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        value = torch.sigmoid(theta @ q)
        return torch.sigmoid(value) if self.double_sigmoid else value

    def _mix(self, values: torch.Tensor) -> torch.Tensor:
        return values @ self.mixing + self.mixing_bias


def _kl_gradient(a: torch.Tensor, theta: torch.Tensor, q: torch.Tensor, to_theta: torch.Tensor) -> torch.Tensor:
    """The code's derivative of the KL in the latents (or, negated, in the noise), (K, B, D)."""
    v = _curvature(a, q, to_theta)
    difference = torch.sigmoid((v * (1 - a)) @ q) - torch.sigmoid((v * a) @ q)
    return torch.sigmoid(_slope(a) @ q) @ to_theta - v + _total(theta) * difference


def _curvature(a: torch.Tensor, q: torch.Tensor, to_theta: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(_slope(a) @ q @ to_theta @ q)


def _slope(a: torch.Tensor) -> torch.Tensor:
    return a * (1 - a)


def _total(theta: torch.Tensor) -> torch.Tensor:
    return theta.sum(dim=2, keepdim=True)


def _large(matrices: torch.Tensor) -> torch.Tensor:
    magnitudes = matrices.detach().abs()
    return matrices * (magnitudes >= magnitudes.mean(dim=(1, 2), keepdim=True))
