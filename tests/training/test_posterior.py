"""The Gaussian posterior."""

import math

import pytest
import torch

from unbraid.training.posterior import Posterior


@pytest.mark.parametrize(("mean", "log_variance", "expected"), [(0, 0, 0.0), (1, 0, 5.0), (1, 1, 5 * (math.e - 1))])
def test_kl_of_known_gaussians(mean: float, log_variance: float, expected: float) -> None:
    # The values of disentanglement_lib's unit test.
    posterior = Posterior(torch.full((10, 10), float(mean)), torch.full((10, 10), float(log_variance)))
    assert float(posterior.kl()) == pytest.approx(expected, abs=1e-4)


def test_kl_is_that_of_torch_distributions_in_float64() -> None:
    mean, log_variance = torch.randn(7, 3, dtype=torch.float64), torch.randn(7, 3, dtype=torch.float64)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mean, (log_variance / 2).exp()), normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(Posterior(mean, log_variance).kl(), expected)


def test_samples_have_the_mean_and_variance_of_the_posterior() -> None:
    posterior = Posterior(torch.full((20_000, 2), 3.0), torch.tensor([[0.0, 2.0]]).expand(20_000, 2))
    samples = posterior.sample()
    torch.testing.assert_close(samples.mean(0), torch.tensor([3.0, 3.0]), atol=0.08, rtol=0)
    torch.testing.assert_close(samples.var(0), torch.tensor([1.0, math.e**2]), atol=0, rtol=0.05)


def test_samples_carry_the_gradient_of_mean_and_log_variance() -> None:
    mean, log_variance = torch.zeros(5, 2, requires_grad=True), torch.zeros(5, 2, requires_grad=True)
    samples = Posterior(mean, log_variance).sample()
    of_mean, of_log_variance = torch.autograd.grad(samples.sum(), [mean, log_variance])
    torch.testing.assert_close(of_mean, torch.ones(5, 2))
    torch.testing.assert_close(of_log_variance, samples.detach() / 2)
