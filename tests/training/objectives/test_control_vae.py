"""ControlVAE's controller against a step-by-step computation."""

import math

import pytest
import torch

from unbraid.common.errors import UnknownNameError
from unbraid.training.objectives.control_vae import ControlVAE
from unbraid.training.posterior import Posterior


def posterior_with_kl(kl: float) -> Posterior:
    return Posterior(torch.full((4, 2), math.sqrt(kl)).double(), torch.zeros(4, 2).double())


def test_beta_against_the_formula() -> None:
    model = ControlVAE(c_max=18.0, beta_max=1.02).double()
    integral, output = 0.0, 1.0
    for step, kl in enumerate((30.0, 25.0, 0.3, 40.0, 0.1, 0.2, 60.0)):
        error = 0.5 - kl
        if 1.0 <= output <= 1.02:
            integral -= 0.001 * error
        output = 0.01 / (1 + math.exp(error)) + integral + 1.0
        value, terms = model.regularizer(posterior_with_kl(kl), torch.zeros(4, 2), step)
        expected = min(max(output, 1.0), 1.02)
        assert float(terms["beta"]) == pytest.approx(expected)
        assert float(value) == pytest.approx(expected * kl)


def test_kl_enters_the_controller_as_a_number() -> None:
    posterior = posterior_with_kl(3.0)
    posterior.mean.requires_grad_()
    value, terms = ControlVAE(c_max=18.0).double().regularizer(posterior, posterior.mean, 0)
    (gradient,) = torch.autograd.grad(value, posterior.mean)
    torch.testing.assert_close(gradient, terms["beta"] * posterior.mean.detach() / 4)


def test_controller_rests_in_evaluation_and_is_saved() -> None:
    model = ControlVAE(c_max=18.0)
    model.regularizer(posterior_with_kl(30.0), torch.zeros(4, 2), 0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.eval().regularizer(posterior_with_kl(3.0), torch.zeros(4, 2), 1)
    assert before.keys() == {"integral", "output"}
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("setpoint", "step", "expected"), [
    ("step", 0, 0.5), ("step", 4999, 0.5), ("step", 5000, 0.65), ("step", 10**7, 18.0), ("linear", 0, 0.5),
    ("linear", 2500, 9.25), ("linear", 9000, 18.0)])
def test_set_point(setpoint: str, step: int, expected: float) -> None:
    assert ControlVAE(c_max=18.0, setpoint=setpoint).target(step) == pytest.approx(expected)


def test_cfasls_controller_never_moves_its_integrator() -> None:
    model = ControlVAE(c_max=18.0, controller="cfasl")
    for step in range(5):
        model.regularizer(posterior_with_kl(50.0), torch.zeros(4, 2), step)
    assert float(model.integral) == 0
    assert 1.0 < float(model.output) <= 1.01


@pytest.mark.parametrize("argument", ["setpoint", "controller"])
def test_unknown_settings_are_refused(argument: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Unknown control_vae.{argument} 'x'"):
        ControlVAE(c_max=1.0, **{argument: "x"})
