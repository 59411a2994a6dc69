"""Optimizers and schedules under disentanglement_lib's names; values of its unit test."""

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError
from unbraid.training.optimizers import ScheduledOptimizer, linear_decay, make_vae_optimizer, piecewise_constant

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


@pytest.mark.parametrize("warmup_steps", [0, 1, 4])
def test_warmup_and_decay_are_those_of_transformers_schedule(warmup_steps: int) -> None:
    """As `get_linear_schedule_with_warmup` sets the rate, also of a group that has its own."""
    steps = 10
    theirs = torch.optim.SGD([{"params": [torch.zeros(1, requires_grad=True)]},
                              {"params": [torch.zeros(1, requires_grad=True)], "lr": 0.1}], lr=0.5)
    schedule = torch.optim.lr_scheduler.LambdaLR(theirs, lambda step: (
        step / max(1, warmup_steps) if step < warmup_steps else (steps - step) / (steps - warmup_steps)))
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    with configured([], ["vae_optimizer.optimizer_fn = @GradientDescentOptimizer", "linear_decay.learning_rate = 0.5",
                         "vae_optimizer.learning_rate = @linear_decay", f"linear_decay.decay_until = {steps}",
                         f"linear_decay.decay_from = {warmup_steps}", f"vae_optimizer.warmup_steps = {warmup_steps}"]):
        optimizer = make_vae_optimizer([{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.1}])
        for step in range(steps):
            before = [parameter.item() for parameter in parameters]
            optimizer.step([torch.ones(1), torch.ones(1)], step)
            moved = [old - new.item() for old, new in zip(before, parameters, strict=True)]
            assert moved == pytest.approx(schedule.get_last_lr(), abs=1e-6)
            theirs.step()
            schedule.step()


def test_warmup_of_a_plain_rate_ends_at_it() -> None:
    parameter = torch.zeros(1, requires_grad=True)
    with configured([], ["vae_optimizer.optimizer_fn = @GradientDescentOptimizer", "vae_optimizer.learning_rate = 0.5",
                         "vae_optimizer.warmup_steps = 2"]):
        optimizer = make_vae_optimizer([parameter])
    for step, expected in enumerate([0, -0.25, -0.75, -1.25]):
        optimizer.step([torch.ones(1)], step)
        assert parameter.item() == pytest.approx(expected)


def test_a_decay_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"decay_until is 2; expected more than linear_decay.decay_from, 2"):
        linear_decay(0, 0.5, 2, 2)


def test_gradient_descent_with_momentum_and_decay_is_torchs() -> None:
    ours, theirs = (torch.full((3,), 2.0, requires_grad=True) for _ in range(2))
    with configured([], ["vae_optimizer.optimizer_fn = @GradientDescentOptimizer",
                         "GradientDescentOptimizer.learning_rate = 0.1", "GradientDescentOptimizer.momentum = 0.9",
                         "GradientDescentOptimizer.weight_decay = 0.5"]):
        optimizer = make_vae_optimizer([ours])
        momentum = torch.zeros(3)
        for step in range(4):
            gradient = torch.tensor([1.0, -1.0, 0.0]) * (step + 1)
            optimizer.step([gradient], step)
            with torch.no_grad():
                momentum = 0.9 * momentum + gradient + 0.5 * theirs
                theirs -= 0.1 * momentum
    torch.testing.assert_close(ours, theirs)
