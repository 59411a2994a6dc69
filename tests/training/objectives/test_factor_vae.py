"""FactorVAE: both losses, who learns from which, and the permutation."""

import pytest
import torch

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.objectives.factor_vae import FactorVAE, permute_latents
from unbraid.training.posterior import Posterior


def test_losses_are_those_of_the_paper(build, posterior: Posterior, latents: torch.Tensor) -> None:
    model = build(FactorVAE(gamma=7.0))
    logits = model.discriminator(latents)
    value, terms = model.regularizer(posterior, latents, 0)
    expected = sum(float(row[0] - row[1]) for row in logits) / 5
    assert float(terms["total_correlation"]) == pytest.approx(expected)
    assert float(value) == pytest.approx(float(posterior.kl()) + 7 * expected)
    permuted = permute_latents(latents)
    cross_entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(
        model.discriminator_loss(latents, permuted),
        cross_entropy(logits, torch.zeros(5).long()) / 2
        + cross_entropy(model.discriminator(permuted), torch.ones(5).long()) / 2)


def test_discriminator_loss_teaches_the_discriminator_only(build, images: torch.Tensor) -> None:
    model = build(FactorVAE(gamma=7.0))
    loss = model(images, 0).minimised["discriminator"]
    of_vae = torch.autograd.grad(loss, model.vae_parameters(), allow_unused=True, retain_graph=True)
    assert all(gradient is None for gradient in of_vae)


def test_permutation_keeps_the_values_of_each_latent() -> None:
    latents = torch.arange(200.0).reshape(50, 4)
    permuted = permute_latents(latents)
    torch.testing.assert_close(permuted.sort(dim=0).values, latents)
    assert len({tuple(column.argsort().tolist()) for column in permuted.T}) == 4


def test_half_of_the_batch_can_be_kept_for_permuting(build, images: torch.Tensor) -> None:
    halves, whole = build(FactorVAE(gamma=7.0, permute_batch="half")), build(FactorVAE(gamma=7.0))
    whole.load_state_dict(halves.state_dict())
    losses = []
    for model, batch in ((halves, images), (whole, images[:3])):
        torch.manual_seed(2)
        losses.append(model(batch, 0).minimised["vae"])
    assert losses[0] == losses[1]


def test_each_update_counts_as_two_steps_unless_told_otherwise() -> None:
    assert FactorVAE(gamma=1.0).step_increment == 2
    assert FactorVAE(gamma=1.0, step_increment=1).step_increment == 1


def test_elbo_is_not_reported(build, images: torch.Tensor) -> None:
    assert "elbo" not in build(FactorVAE(gamma=1.0))(images, 0).terms


def test_half_of_an_odd_batch_is_refused(build, images: torch.Tensor) -> None:
    with pytest.raises(ConfigurationError, match=r"batch_size is 5; .* needs an even one"):
        build(FactorVAE(gamma=1.0, permute_batch="half"))(images[:5], 0)


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"permute_batch": "second"}, UnknownNameError, "Unknown factor_vae.permute_batch 'second'"),
    ({"step_increment": 3}, ConfigurationError, "step_increment is 3; expected 1 or 2")])
def test_settings_that_make_no_sense_are_refused(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        FactorVAE(gamma=1.0, **arguments)
