"""AnnealedVAE: the capacity and its distance from the KL."""

import pytest
import torch

from unbraid.training.objectives.annealed_vae import AnnealedVAE
from unbraid.training.posterior import Posterior

KL_FIVE = Posterior(torch.ones(10, 10), torch.zeros(10, 10))


@pytest.mark.parametrize(("step", "capacity"), [(0, 0.0), (10, 10.0), (100, 100.0), (101, 100.0)])
def test_capacity_rises_as_in_disentanglement_lib(step: int, capacity: float) -> None:
    model = AnnealedVAE(gamma=2.0, c_max=100.0, iteration_threshold=100)
    value, terms = model.regularizer(KL_FIVE, KL_FIVE.mean, step)
    assert terms["capacity"] == pytest.approx(capacity)
    assert float(value) == pytest.approx(2 * abs(5 - capacity))
