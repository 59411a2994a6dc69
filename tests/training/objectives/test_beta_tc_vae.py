"""beta-TCVAE: densities against torch.distributions and loops, weights, identities."""

import math

import pytest
import torch

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.losses.kl_decomposition import (
    batch_total_correlation,
    decompose,
    log_normal,
    misplaced_log_weights,
    stratified_log_weights,
    uniform_log_weights,
)
from unbraid.training.objectives.beta_tc_vae import BetaTCVAE
from unbraid.training.posterior import Posterior

ZERO = torch.zeros(1, dtype=torch.float64)
WEIGHTS = {"mws": uniform_log_weights, "mss": stratified_log_weights, "mss_disvae": misplaced_log_weights}


def parts_by_loops(latents: torch.Tensor, posterior: Posterior, log_weights: torch.Tensor) -> list[float]:
    size, num_latent = latents.shape
    normal = torch.distributions.Normal(posterior.mean, (posterior.log_variance / 2).exp())
    sums = [0.0, 0.0, 0.0]
    for j in range(size):
        density = normal.log_prob(latents[j])  # of sample j under every posterior
        weights = [math.exp(weight) for weight in log_weights[j].tolist()]
        log_q = math.log(sum(weights[i] * math.exp(float(density[i].sum())) for i in range(size)))
        log_product = sum(math.log(sum(weights[i] * math.exp(float(density[i, d])) for i in range(size)))
                          for d in range(num_latent))
        log_p = float(torch.distributions.Normal(0.0, 1.0).log_prob(latents[j]).sum())
        for index, part in enumerate((float(density[j].sum()) - log_q, log_q - log_product, log_product - log_p)):
            sums[index] += part / size
    return sums


def test_log_density_of_one() -> None:
    one = torch.ones(1, dtype=torch.float64)
    assert float(log_normal(one, ZERO, ZERO)) == pytest.approx(-1.4189, abs=1e-4)
    assert float(log_normal(one, one, ZERO)) == pytest.approx(-0.9189, abs=1e-4)


@pytest.mark.parametrize(("num_latent", "expected"), [(1, 0.0), (10, -9 * math.log(1000))])
def test_identical_standard_posteriors_leave_only_the_missing_constant(num_latent: int, expected: float) -> None:
    posterior = Posterior(torch.zeros(1000, num_latent).double(), torch.zeros(1000, num_latent).double())
    assert float(batch_total_correlation(posterior.sample(), posterior)) == pytest.approx(expected)


@pytest.mark.parametrize("estimator", ["mws", "mss"])
def test_parts_against_loops(estimator: str, posterior: Posterior, latents: torch.Tensor) -> None:
    log_weights = WEIGHTS[estimator](5, 100, latents)
    parts = decompose(latents, posterior, log_weights)
    expected = parts_by_loops(latents, posterior, log_weights)
    assert [float(part) for part in vars(parts).values()] == pytest.approx(expected)


def test_disentanglement_libs_estimate_is_the_loops_without_normalisation(posterior: Posterior, latents) -> None:
    expected = parts_by_loops(latents, posterior, torch.zeros(5, 5))[1]
    assert float(batch_total_correlation(latents, posterior)) == pytest.approx(expected)


@pytest.mark.parametrize("estimator", WEIGHTS)
def test_parts_add_up_to_the_sampled_kl(estimator: str, posterior: Posterior, latents: torch.Tensor) -> None:
    parts = decompose(latents, posterior, WEIGHTS[estimator](5, 100, latents), estimator == "mss_disvae")
    expected = (log_normal(latents, posterior.mean, posterior.log_variance).sum(1)
                - log_normal(latents, ZERO, ZERO).sum(1)).mean()
    torch.testing.assert_close(sum(vars(parts).values()), expected)


def test_stratified_weights() -> None:
    weights = stratified_log_weights(5, 100, ZERO).exp()
    expected = torch.full((5, 5), 0.25, dtype=torch.float64)
    for row in range(5):
        expected[row, row], expected[row, (row + 1) % 5] = 0.01, 0.24
    torch.testing.assert_close(weights, expected)
    torch.testing.assert_close(weights.sum(1), torch.ones(5).double())


def test_misplaced_weights_are_those_of_the_published_codes() -> None:
    weights = misplaced_log_weights(5, 100, ZERO).exp()
    torch.testing.assert_close(weights.sum(1), torch.tensor([1, 1, 1, 1.23, 1]).double())
    torch.testing.assert_close(weights[:, 0], torch.tensor([0.01, 0.01, 0.01, 0.24, 0.01]).double())
    torch.testing.assert_close(weights[:, 1], torch.full((5,), 0.24).double())


def test_closed_form_and_sampled_parts_make_the_loss(build, posterior: Posterior, latents: torch.Tensor) -> None:
    value, terms = build(BetaTCVAE(beta=6.0)).regularizer(posterior, latents, 0)
    shifted = float(batch_total_correlation(latents, posterior))
    assert float(value) == pytest.approx(float(posterior.kl()) + 5 * shifted)
    assert float(terms["total_correlation"]) == pytest.approx(shifted + 2 * math.log(5))
    model = build(BetaTCVAE(beta=6.0, alpha=2.0, gamma=3.0, tc_estimator="mss", annealing_steps=10))
    expected = parts_by_loops(latents, posterior, stratified_log_weights(5, 100, latents))
    value, _ = model.regularizer(posterior, latents, 5)
    assert float(value) == pytest.approx(2 * expected[0] + 6 * expected[1] + 1.5 * expected[2])


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"tc_estimator": "msss"}, UnknownNameError, "Unknown beta_tc_vae.tc_estimator 'msss'. Did you mean mss"),
    ({"alpha": 2.0}, ConfigurationError, "has only a weight beta; expected alpha = gamma = 1")])
def test_settings_that_make_no_sense_are_refused(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        BetaTCVAE(beta=1.0, **arguments)


def test_batches_of_one_are_refused(build, posterior: Posterior, latents: torch.Tensor) -> None:
    model = build(BetaTCVAE(beta=6.0, tc_estimator="mss"))
    alone = Posterior(posterior.mean[:1], posterior.log_variance[:1])
    with pytest.raises(ConfigurationError, match=r"model.batch_size is 1; .* needs 2 to 100"):
        model.regularizer(alone, latents[:1], 0)
