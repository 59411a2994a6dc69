"""Reconstruction losses of image logits, named by gin as in disentanglement_lib."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import torch
from torch.nn import functional

from ...common.errors import UnknownNameError
from ..architectures.activations import ACTIVATIONS

LossFn = Callable[[torch.Tensor, torch.Tensor, str], torch.Tensor]
SUM = 2  # what PyTorch calls the reduction by a sum inside
EPSILON = 1e-6  # disentanglement_lib's bound on probabilities


@gin.configurable("reconstruction_loss")
class ReconstructionLoss:
    """The batch mean of a loss summed over channels and pixels, and the activation that turns logits into images."""

    def __init__(self, loss_fn: LossFn = gin.REQUIRED, activation: str = "logits"):
        """activation: 'logits' (images are the logistic of the decoder's output) or 'tanh' (tanh(a) / 2 + 1/2)."""
        if activation not in ACTIVATIONS:
            raise UnknownNameError("reconstruction_loss.activation", activation, ACTIVATIONS)
        self.loss_fn = loss_fn
        self.activation = activation

    def __call__(self, logits: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        """logits, images: (B, C, H, W).  Returns a scalar in nats (or squared units), lower is better."""
        return self.loss_fn(images, logits, self.activation) / len(images)

    def images(self, logits: torch.Tensor) -> torch.Tensor:
        """Images in [0, 1] for decoder outputs."""
        return ACTIVATIONS[self.activation](logits)


@gin.configurable("bernoulli_loss", allowlist=["subtract_true_image_entropy"])
def bernoulli_loss(images: torch.Tensor, logits: torch.Tensor, activation: str,
                   subtract_true_image_entropy: bool = False) -> torch.Tensor:
    """Sum of the binary cross-entropies in nats; grey pixels count as probabilities.

    subtract_true_image_entropy: takes off the lowest value reachable, which has no gradient."""
    if activation == "logits":
        loss = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
    else:
        probabilities = ACTIVATIONS[activation](logits).clamp(EPSILON, 1 - EPSILON)
        loss = functional.binary_cross_entropy(probabilities, images, reduction="sum")
    return loss - _entropy(images) if subtract_true_image_entropy else loss


@gin.configurable("bernoulli_probs_loss", allowlist=[])
def bernoulli_probs_loss(images: torch.Tensor, logits: torch.Tensor, activation: str) -> torch.Tensor:
    """The same taken from probabilities, each logarithm bounded below by -100, as JL1-VAE and disentangling-vae do."""
    probabilities = ACTIVATIONS[activation](logits)
    if probabilities.device.type == "cpu" and probabilities.shape == images.shape:  # others are PyTorch's to refuse
        return _CrossEntropy.apply(probabilities, images)
    return functional.binary_cross_entropy(probabilities, images, reduction="sum")


class _CrossEntropy(torch.autograd.Function):
    """functional.binary_cross_entropy, whose logarithms PyTorch takes one by one on the CPU; its own gradient."""

    @staticmethod
    def forward(ctx: Any, probabilities: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(probabilities, images)
        black = (1 - probabilities).log().clamp_min(-100)
        return -torch.lerp(black, probabilities.log().clamp_min(-100), images).sum()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor, None]:
        probabilities, images = ctx.saved_tensors
        return torch.ops.aten.binary_cross_entropy_backward(grad_outputs[0], probabilities, images, None, SUM), None


@gin.configurable("l2_loss", allowlist=[])
def l2_loss(images: torch.Tensor, logits: torch.Tensor, activation: str) -> torch.Tensor:
    """Sum of the squared differences between images, without a factor 1/2."""
    return functional.mse_loss(ACTIVATIONS[activation](logits), images, reduction="sum")


@gin.configurable("gaussian_disvae_loss", allowlist=[])
def gaussian_disvae_loss(images: torch.Tensor, logits: torch.Tensor, activation: str) -> torch.Tensor:
    """disentangling-vae's Gaussian loss: 255 times the squared error, so that weights carry over from Bernoulli."""
    return 255 * l2_loss(images, logits, activation)


@gin.configurable("laplace_disvae_loss", allowlist=[])
def laplace_disvae_loss(images: torch.Tensor, logits: torch.Tensor, activation: str) -> torch.Tensor:
    """disentangling-vae's Laplace loss: 3 times the absolute error."""
    return 3 * functional.l1_loss(ACTIVATIONS[activation](logits), images, reduction="sum")


def _entropy(images: torch.Tensor) -> torch.Tensor:
    p = images.clamp(EPSILON, 1 - EPSILON)
    return -(p * p.log() + (1 - p) * (1 - p).log()).sum()
