"""Reconstruction losses against loops over pixels in float64."""

import math

import pytest
import torch
from torch.nn import functional

from unbraid.common.errors import UnknownNameError
from unbraid.training.losses.reconstruction import (
    ReconstructionLoss,
    bernoulli_loss,
    bernoulli_probs_loss,
    gaussian_disvae_loss,
    l2_loss,
    laplace_disvae_loss,
)

LOGITS = torch.randn(3, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
IMAGES = torch.rand(3, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def probability(logit: float, activation: str) -> float:
    return 1 / (1 + math.exp(-logit)) if activation == "logits" else math.tanh(logit) / 2 + 0.5


def cross_entropy(p: float, x: float) -> float:
    return -(x * math.log(p) + (1 - x) * math.log(1 - p))


PIXEL_LOSSES = {
    bernoulli_loss: cross_entropy,
    bernoulli_probs_loss: cross_entropy,
    l2_loss: lambda p, x: (p - x) ** 2,
    gaussian_disvae_loss: lambda p, x: (255 * p - 255 * x) ** 2 / 255,
    laplace_disvae_loss: lambda p, x: 3 * abs(p - x),
}


@pytest.mark.parametrize("activation", ["logits", "tanh"])
@pytest.mark.parametrize("loss_fn", PIXEL_LOSSES, ids=lambda loss_fn: loss_fn.__name__)
def test_loss_is_the_batch_mean_of_the_sum_over_pixels(loss_fn, activation: str) -> None:
    pixels = zip(LOGITS.flatten().tolist(), IMAGES.flatten().tolist(), strict=True)
    expected = sum(PIXEL_LOSSES[loss_fn](probability(logit, activation), x) for logit, x in pixels) / len(IMAGES)
    assert float(ReconstructionLoss(loss_fn, activation)(LOGITS, IMAGES)) == pytest.approx(expected, rel=1e-6)


def test_loss_of_probabilities_is_pytorchs_and_so_is_its_gradient_to_the_bit() -> None:
    logits = torch.cat([torch.linspace(-200, 200, 61), torch.randn(39)]).view(1, 1, 10, 10)
    images = torch.rand(1, 1, 10, 10).round(decimals=1)
    ours, theirs = (logits.clone().requires_grad_() for _ in range(2))
    loss = bernoulli_probs_loss(images, ours, "logits")
    expected = functional.binary_cross_entropy(theirs.sigmoid(), images, reduction="sum")
    torch.testing.assert_close(loss, expected)
    assert torch.equal(*(torch.autograd.grad(3 * value, logit)[0] for value, logit in ((loss, ours),
                                                                                      (expected, theirs))))


def test_subtracting_the_entropy_makes_a_perfect_reconstruction_cost_nothing() -> None:
    logits = torch.logit(IMAGES)
    loss = bernoulli_loss(IMAGES, logits, "logits", subtract_true_image_entropy=True)
    assert float(loss) == pytest.approx(0, abs=1e-9)


def test_unknown_activation_is_named_with_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown reconstruction_loss.activation 'logit'. Did you mean logits"):
        ReconstructionLoss(bernoulli_loss, "logit")
