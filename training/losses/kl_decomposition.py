"""Estimates of log q(z) from a batch, and the parts of the KL made of them (Chen et al. 2018, arXiv:1802.04942)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch

from ..posterior import Posterior


@dataclass(frozen=True)
class Decomposition:
    """KL = mutual information + total correlation + dimension-wise KL (eq. 2); batch means, scalars in nats."""

    mutual_information: torch.Tensor
    total_correlation: torch.Tensor
    dimension_wise_kl: torch.Tensor


def log_normal(values: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Elementwise log density of a Gaussian; shapes broadcast."""
    return -((values - mean).square() * torch.exp(-log_variance) + log_variance + math.log(2 * math.pi)) / 2


def pairwise_log_densities(latents: torch.Tensor, posterior: Posterior) -> torch.Tensor:
    """(B, B, D): log density of latent d of sample j under the posterior of image i, at [j, i, d]."""
    return log_normal(latents[:, None], posterior.mean[None], posterior.log_variance[None])


def batch_total_correlation(latents: torch.Tensor, posterior: Posterior) -> torch.Tensor:
    """disentanglement_lib's estimate: the batch stands for the data and constants are left out, so it is lower by
    (D - 1) log B than an estimate of the total correlation."""
    densities = pairwise_log_densities(latents, posterior)
    return (densities.sum(dim=2).logsumexp(dim=1) - densities.logsumexp(dim=1).sum(dim=1)).mean()


def decompose(latents: torch.Tensor, posterior: Posterior, log_weights: torch.Tensor,
              weigh_each_latent: bool = False) -> Decomposition:
    """The three parts, all by sampling.

    log_weights: (B, B), of the density under posterior i in the estimate for sample j.  weigh_each_latent: reference:
    disentangling-vae adds the weights before summing over latents, so the joint density has them to the power D."""
    densities = pairwise_log_densities(latents, posterior)
    weighted = densities + log_weights[:, :, None]
    joint = weighted.sum(dim=2) if weigh_each_latent else densities.sum(dim=2) + log_weights
    log_q, log_q_product = joint.logsumexp(dim=1), weighted.logsumexp(dim=1).sum(dim=1)
    log_q_given_x = log_normal(latents, posterior.mean, posterior.log_variance).sum(dim=1)
    log_p = log_normal(latents, *(torch.zeros_like(latents) for _ in range(2))).sum(dim=1)
    return Decomposition((log_q_given_x - log_q).mean(), (log_q - log_q_product).mean(), (log_q_product - log_p).mean())


def uniform_log_weights(batch_size: int, num_train: int, like: torch.Tensor) -> torch.Tensor:
    """(B, B) of -log(N B): minibatch weighted sampling (appendix C.1)."""
    return torch.full((batch_size, batch_size), -math.log(num_train * batch_size), dtype=like.dtype, device=like.device)


def stratified_log_weights(batch_size: int, num_train: int, like: torch.Tensor) -> torch.Tensor:
    """(B, B) for minibatch stratified sampling (appendix C.2); each row's weights sum to 1.

    The image a sample came from weighs 1 / N, one other (N - M) / (N M) and the rest 1 / M, with M = B - 1."""
    return _stratified(batch_size, num_train, like.dtype, like.device)


@functools.lru_cache(maxsize=8)  # made on the host; a GPU would be waited for at every update
def _stratified(batch_size: int, num_train: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    num_others = batch_size - 1
    weights = torch.full((batch_size, batch_size), 1 / num_others, dtype=torch.float64)
    rows = torch.arange(batch_size)
    weights[rows, rows] = 1 / num_train
    weights[rows, (rows + 1) % batch_size] = (num_train - num_others) / (num_train * num_others)
    return weights.log().to(device, dtype)


def misplaced_log_weights(batch_size: int, num_train: int, like: torch.Tensor) -> torch.Tensor:
    """(B, B): the stratified weights as disentangling-vae, CFASL, MIPET and the authors' code place them.

    reference: they stride the flattened matrix by B instead of B + 1, which puts the special weights into columns 0 and
    1, whatever the row (YannDubs/disentangling-vae issue 58)."""
    return _misplaced(batch_size, num_train, like.dtype, like.device)


@functools.lru_cache(maxsize=8)
def _misplaced(batch_size: int, num_train: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    num_others = batch_size - 1
    weights = torch.full((batch_size, batch_size), 1 / num_others, dtype=torch.float64)
    stratum = (num_train - num_others) / (num_train * num_others)
    weights.view(-1)[::batch_size] = 1 / num_train
    weights.view(-1)[1::batch_size] = stratum
    weights[num_others - 1, 0] = stratum
    return weights.log().to(device, dtype)
