"""Optimizers and schedules under disentanglement_lib's names; values of its unit test."""

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError
from unbraid.training.optimizers import ScheduledOptimizer, make_vae_optimizer, piecewise_constant

SCHEDULES = [
    (["GradientDescentOptimizer.learning_rate = 0.1"], 0.1),
    (["vae_optimizer.learning_rate = 0.1"], 0.1),
    (["vae_optimizer.learning_rate = @piecewise_constant", "piecewise_constant.boundaries = (3, 5)",
      "piecewise_constant.values = (0.2, 0.1, 0.01)"], 0.01),
    (["vae_optimizer.learning_rate = @exponential_decay", "exponential_decay.learning_rate = 0.1",
      "exponential_decay.decay_steps = 1", "exponential_decay.decay_rate = 0.9"], 0.1 * 0.9**10),
]


@pytest.mark.parametrize(("bindings", "expected"), SCHEDULES)
def test_learning_rate_after_ten_steps(bindings: list[str], expected: float) -> None:
    parameter = torch.zeros(2, requires_grad=True)
    with configured([], ["vae_optimizer.optimizer_fn = @GradientDescentOptimizer", *bindings]):
        optimizer = make_vae_optimizer([parameter])
        for step in range(11):
            before = parameter.detach().clone()
            optimizer.step([torch.ones(2)], step)
    torch.testing.assert_close(before - parameter.detach(), torch.full((2,), expected), atol=1e-6, rtol=0)


def test_scopes_let_two_optimizers_differ() -> None:
    bindings = ["vae_optimizer.optimizer_fn = @vae/AdamOptimizer", "vae/AdamOptimizer.beta1 = 0.5",
                "vae/AdamOptimizer.use_locking = False", "vae/AdamOptimizer.name = 'Adam'", "AdamOptimizer.beta1 = 0.9"]
    with configured([], bindings):
        optimizer = make_vae_optimizer([torch.zeros(1, requires_grad=True)])
    assert optimizer.optimizer.defaults["betas"] == (0.5, 0.999)


def test_gradient_is_clipped_to_the_global_norm() -> None:
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = ScheduledOptimizer(torch.optim.SGD(parameters, lr=1.0), clip_norm=1.0)
    optimizer.step([torch.tensor([3.0]), torch.tensor([4.0])], 0)
    torch.testing.assert_close(torch.cat(parameters).detach(), torch.tensor([-0.6, -0.8]))


def test_boundaries_and_values_must_match() -> None:
    with pytest.raises(ConfigurationError, match="2 boundaries and 2 values; expected one value more"):
        piecewise_constant(0, boundaries=[1, 2], values=[0.1, 0.2])


def test_optimizer_must_be_a_reference() -> None:
    with (pytest.raises(ConfigurationError, match=r"optimizer_fn is 'Adam' \(binding 1\); expected a reference to"),
          configured([], ["vae_optimizer.optimizer_fn = 'Adam'"])):
        pass
