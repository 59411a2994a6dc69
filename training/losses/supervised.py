"""What ties the first latents to labels: the losses of semi-supervised methods (arXiv:1905.01258, section 3).

Each takes posterior means (B, D) and labels (B, F), whole numbers from 0 to the factor's size - 1, and gives a scalar;
latent i stands for factor i.  The names are disentanglement_lib's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import gin
import torch
from torch import nn
from torch.nn import functional

from ...common.errors import ConfigurationError, UnknownNameError

REDUCTIONS = ("sum", "mean")


class LabelLoss(nn.Module):
    """A loss of means and labels; what it learns are its parameters."""

    sizes: torch.Tensor
    sums_over_batch = False
    needs_latent_for_each = True

    def __init__(self, factor_sizes: Sequence[int]):
        super().__init__()
        self.factor_sizes = list(factor_sizes)
        self.register_buffer("sizes", torch.tensor(self.factor_sizes), persistent=False)

    def shares(self, labels: torch.Tensor) -> torch.Tensor:
        """Labels divided by the number of values; reference: the largest is (n - 1) / n."""
        return labels / self.sizes


@gin.configurable("l2", denylist=["factor_sizes"])
class SquaredError(LabelLoss):
    """sum (b mu - y)^2 with one learned b, or sum (sigmoid(mu) - y / n)^2, over batch and factors."""

    sums_over_batch = True

    def __init__(self, factor_sizes: Sequence[int], learn_scale: bool = True):
        super().__init__(factor_sizes)
        self.scale = nn.Parameter(torch.ones(())) if learn_scale else None

    def forward(self, means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        means = means[:, :labels.shape[1]]
        if self.scale is None:
            return (means.sigmoid() - self.shares(labels)).square().sum()
        return (self.scale * means - labels).square().sum()


@gin.configurable("xent", denylist=["factor_sizes"])
class CrossEntropy(LabelLoss):
    """sum of the binary cross-entropies of sigmoid(mu) with y / n, over batch and factors, in nats."""

    sums_over_batch = True

    def forward(self, means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(means[:, :labels.shape[1]], self.shares(labels),
                                                           reduction="sum")


@gin.configurable("cov", denylist=["factor_sizes"])
class Covariance(LabelLoss):
    """sum of the squared covariances of latent i with factor j over the batch, i != j."""

    needs_latent_for_each = False

    def forward(self, means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        covariance = (means - means.mean(dim=0)).T @ (labels - labels.mean(dim=0)) / len(means)
        return covariance.square().sum() - covariance.diagonal().square().sum()


@gin.configurable("embed", denylist=["factor_sizes"])
class Embedding(LabelLoss):
    """sum over factors of the mean cross-entropy of softmax_k(-(sigma (mu - e_k))^2) with y; every value k of a factor
    has its place e_k on the line."""

    def __init__(self, factor_sizes: Sequence[int], sigma: float | str = gin.REQUIRED, use_order: bool = False):
        """sigma: a number, or 'learn' for one of each factor.  use_order: e_k = slope k + bias."""
        super().__init__(factor_sizes)
        if isinstance(sigma, str) and sigma != "learn":
            raise ConfigurationError(f"embed.sigma is {sigma!r}; expected a number or 'learn'.")
        self.use_order = use_order
        # Both as TensorFlow starts variables of one dimension.
        self.places = nn.ParameterList(_glorot(2, 1) if use_order else _glorot(size, size) for size in factor_sizes)
        self.sigma = _glorot(len(self.factor_sizes), 1) if sigma == "learn" else float(sigma)

    def forward(self, means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        losses = []
        for factor, (size, places) in enumerate(zip(self.factor_sizes, self.places, strict=True)):
            values = torch.arange(size, dtype=places.dtype, device=places.device)
            embedding = places[0] * values + places[1] if self.use_order else places
            sigma = self.sigma[factor] if isinstance(self.sigma, torch.Tensor) else self.sigma
            logits = -((means[:, factor, None] - embedding) * sigma).square()
            losses.append(functional.cross_entropy(logits, labels[:, factor].long()))
        return torch.stack(losses).sum()


@gin.configurable("supervised_loss", denylist=["factor_sizes", "num_latent"])
class SupervisedLoss(nn.Module):
    """The loss that gin names."""

    def __init__(self, factor_sizes: Sequence[int], num_latent: int,
                 loss_fn: Callable[..., LabelLoss] = gin.REQUIRED, supervised_reduction: str = "sum"):
        """loss_fn: @l2, @xent, @cov or @embed.  supervised_reduction: 'sum' as disentanglement_lib has it, so that the
        weight of l2 and xent grows with the batch, or their 'mean' over it.

        Raises ConfigurationError for fewer latents than labels where each label needs one."""
        super().__init__()
        if supervised_reduction not in REDUCTIONS:
            raise UnknownNameError("supervised_loss.supervised_reduction", supervised_reduction, REDUCTIONS)
        self.loss = loss_fn(factor_sizes=factor_sizes) if callable(loss_fn) else loss_fn
        if not isinstance(self.loss, LabelLoss):
            raise ConfigurationError(f"supervised_loss.loss_fn is {loss_fn!r}; expected @l2, @xent, @cov or @embed.")
        if self.loss.needs_latent_for_each and num_latent < len(factor_sizes):
            raise ConfigurationError(f"encoder.num_latent is {num_latent}, but there are {len(factor_sizes)} labels, "
                                     "and the loss gives each a latent of its own; expected at least as many latents.")
        self.divides = supervised_reduction == "mean" and self.loss.sums_over_batch

    def forward(self, means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """A scalar for means (B, D) and labels (B, F)."""
        value = self.loss(means, labels)
        return value / len(means) if self.divides else value


def _glorot(num: int, fan: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(num).uniform_(-1, 1) * math.sqrt(3 / fan))
