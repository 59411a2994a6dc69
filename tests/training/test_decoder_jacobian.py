"""The Jacobian penalty against torch's own Jacobian, and its gradient."""

import pytest
import torch
from torch import nn

from unbraid.training.losses.decoder_jacobian import jacobian_penalty

NORMS = {"jlone": lambda jacobian: jacobian.abs().sum(), "jltwo": lambda jacobian: jacobian.square().sum()}


@pytest.fixture
def decoder() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 5), nn.Sigmoid()).double()


def exact_penalty(decoder: nn.Module, latents: torch.Tensor, norm: str) -> torch.Tensor:
    rows = [torch.autograd.functional.jacobian(decoder, row, create_graph=True) for row in latents]
    return sum(NORMS[norm](row) for row in rows) / len(latents)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("jacobian", "rtol"), [("jvp", 1e-9), ("fd", 1e-4)])
def test_value_and_gradient(decoder: nn.Module, norm: str, jacobian: str, rtol: float) -> None:
    latents, parameters = torch.randn(4, 3).double(), list(decoder.parameters())
    penalty = jacobian_penalty(decoder, parameters, latents, norm, jacobian, step_size=1e-6)
    expected = exact_penalty(decoder, latents, norm)
    torch.testing.assert_close(penalty, expected, rtol=rtol, atol=1e-9)
    for ours, theirs in zip(torch.autograd.grad(2 * penalty, parameters),
                            torch.autograd.grad(2 * expected, parameters, allow_unused=True), strict=True):
        torch.testing.assert_close(ours, theirs if theirs is not None else torch.zeros_like(ours), rtol=rtol, atol=1e-5)


@pytest.mark.parametrize("jacobian", ["fd", "jvp"])
def test_without_gradients_the_value_is_the_same(decoder: nn.Module, jacobian: str) -> None:
    latents, parameters = torch.randn(4, 3).double(), list(decoder.parameters())
    with torch.no_grad():
        silent = jacobian_penalty(decoder, parameters, latents, jacobian=jacobian)
    assert not silent.requires_grad
    torch.testing.assert_close(silent, jacobian_penalty(decoder, parameters, latents, jacobian=jacobian).detach())


@pytest.mark.parametrize("jacobian", ["fd", "jvp"])
def test_the_latents_receive_no_gradient(decoder: nn.Module, jacobian: str) -> None:
    latents = torch.randn(4, 3).double()
    penalty = jacobian_penalty(decoder, list(decoder.parameters()), latents, jacobian=jacobian)
    penalty.backward()
    assert latents.grad is None


def test_a_linear_decoder_has_the_norm_of_its_matrix() -> None:
    linear = nn.Linear(3, 5).double()
    penalty = jacobian_penalty(linear, list(linear.parameters()), torch.randn(6, 3).double(), "jlone", "jvp")
    torch.testing.assert_close(penalty, linear.weight.abs().sum())
