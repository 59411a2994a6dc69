"""DIP-VAE: the penalty's known values, and the covariances against loops."""

import pytest
import torch

from unbraid.common.errors import UnknownNameError
from unbraid.training.objectives.dip_vae import DIPVAE, covariance_of_rows, dip_penalty
from unbraid.training.posterior import Posterior


@pytest.mark.parametrize(("covariance", "expected"), [
    (torch.ones(10, 10), 90.0), (torch.zeros(10, 10), 10.0), (torch.eye(10), 0.0), (2 * torch.eye(10), 10.0)])
def test_penalty_of_known_covariances(covariance: torch.Tensor, expected: float) -> None:
    # The values of disentanglement_lib's unit test.
    assert float(dip_penalty(covariance, 1.0, 1.0)) == pytest.approx(expected)


def test_weights_act_on_their_own_entries() -> None:
    covariance = torch.tensor([[3.0, 1.0], [1.0, 1.0]])
    assert float(dip_penalty(covariance, 5.0, 0.0)) == pytest.approx(10.0)
    assert float(dip_penalty(covariance, 0.0, 7.0)) == pytest.approx(28.0)


def test_covariance_is_that_of_the_batch_divided_by_its_size() -> None:
    points = torch.randn(6, 3, dtype=torch.float64)
    torch.testing.assert_close(covariance_of_rows(points), torch.cov(points.T, correction=0))


@pytest.mark.parametrize("dip_type", ["i", "ii"])
def test_regularizer_against_loops(dip_type: str, posterior: Posterior, latents: torch.Tensor) -> None:
    mean, variance = posterior.mean.tolist(), posterior.log_variance.exp().tolist()
    rows, columns = range(5), range(3)
    average = [sum(mean[b][i] for b in rows) / 5 for i in columns]
    expected = float(posterior.kl())
    for i in columns:
        for j in columns:
            entry = sum(mean[b][i] * mean[b][j] for b in rows) / 5 - average[i] * average[j]
            if i == j and dip_type == "ii":
                entry += sum(variance[b][i] for b in rows) / 5
            expected += 2.0 * entry**2 if i != j else 6.0 * (entry - 1) ** 2
    model = DIPVAE(lambda_od=2.0, lambda_d_factor=3.0, dip_type=dip_type)
    assert float(model.regularizer(posterior, latents, 0)[0]) == pytest.approx(expected)


def test_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown dip_vae.dip_type 'iii'. .*Valid names: i, ii"):
        DIPVAE(1.0, 1.0, "iii")
