"""MIPET's conversion, each term against loops over units, images and latents."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from unbraid.training.losses.exponential_family import ExponentialFamily

UNITS, BATCH, LATENTS = 2, 3, 4


@pytest.fixture
def family() -> ExponentialFamily:
    return ExponentialFamily(UNITS, LATENTS).double().eval()


@pytest.fixture
def values() -> tuple[torch.Tensor, torch.Tensor]:
    """Transformed latents and noise, (K, B, D)."""
    latents, noise = torch.randn(2, UNITS, BATCH, LATENTS, dtype=torch.float64)
    return latents, noise


class ByHand:
    """The formulas of one unit, vector by vector, in plain numpy."""

    def __init__(self, family: ExponentialFamily, unit: int, masked: bool = False):
        def product(name: str) -> np.ndarray:
            maps = getattr(family, name)
            first, second = (parameter[unit].detach().numpy() for parameter in (maps.first, maps.second))
            if masked and name == "normaliser":
                first, second = (np.where(abs(m) >= abs(m).mean(), m, 0) for m in (first, second))
            return first @ second

        self.p_z, self.p_e, self.t, self.q = map(product, ("of_latents", "of_noise", "statistics", "normaliser"))
        self.lam = family.mixing[unit].detach().numpy(), family.mixing_bias[unit, 0].detach().numpy()

    def a(self, theta: np.ndarray) -> np.ndarray:
        return np.array([1 / (1 + math.exp(-sum(theta[i] * self.q[i, k] for i in range(LATENTS))))
                         for k in range(LATENTS)])

    def kl(self, z: np.ndarray, e: np.ndarray) -> np.ndarray:
        parts = []
        for theta in (e @ self.p_e, z @ self.p_z):
            a = 1 / (1 + np.exp(-self.a(theta)))
            parts.append(a - theta.sum() * ((a * (1 - a)) @ self.q))
        return parts[0] - parts[1]

    def gradient(self, theta: np.ndarray, p: np.ndarray) -> np.ndarray:
        a = 1 / (1 + np.exp(-self.a(theta)))
        v = self.v(a, p)
        return (-v + self.a(a * (1 - a)) @ p + theta.sum() * self.a(v * (1 - a)) - theta.sum() * self.a(v * a))

    def v(self, a: np.ndarray, p: np.ndarray) -> np.ndarray:
        return self.a((a * (1 - a)) @ self.q @ p)

    def similarity(self, row: int, z: np.ndarray, e: np.ndarray) -> float:
        """z, e: (B, D) of this unit."""
        theta_z, theta_e = z[row] @ self.p_z, e[row] @ self.p_e
        a_z = 1 / (1 + np.exp(-self.a(theta_z)))
        statistics = sum(z[other] @ self.t for other in range(BATCH))
        prior_z = statistics @ self.p_z + BATCH * (theta_z @ self.t) - self.v(a_z, self.p_z)
        prior_e = 2 * theta_z.sum() * theta_e
        matrix, bias = self.lam
        of_z = self.gradient(theta_z, self.p_z) @ matrix + bias + prior_z
        of_e = -self.gradient(theta_e, self.p_e) @ matrix + bias + prior_e
        return sum(math.sqrt(float(vector @ vector)) for vector in (of_z, of_e, self.kl(z[row], e[row])))


@pytest.mark.parametrize("training", [False, True])
def test_kl_and_similarity_are_those_of_the_formulas(family: ExponentialFamily, values, training: bool) -> None:
    conversion = family.train(training)(*values)
    for unit in range(UNITS):
        by_hand = ByHand(family, unit, masked=training)
        z, e = (value[unit].numpy() for value in values)
        for row in range(BATCH):
            assert conversion.kl[unit, row].tolist() == pytest.approx(by_hand.kl(z[row], e[row]).tolist(), rel=1e-10)
            expected = by_hand.similarity(row, z, e)
            assert float(conversion.similarity[unit, row].detach()) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("double_sigmoid", [False, True])
def test_bregman_kl_is_the_divergence_of_the_log_normaliser(values, double_sigmoid: bool) -> None:
    family = ExponentialFamily(UNITS, LATENTS, ef_kl="bregman", double_sigmoid=double_sigmoid).double().eval()
    conversion = family(*values)

    def log_normaliser(theta: torch.Tensor) -> torch.Tensor:
        value = torch.sigmoid(theta @ family.normaliser.matrices()[unit])
        return torch.sigmoid(value) if double_sigmoid else value

    for unit in range(UNITS):
        for row in range(BATCH):
            theta_z = values[0][unit, row] @ family.of_latents.matrices()[unit]
            theta_e = values[1][unit, row] @ family.of_noise.matrices()[unit]
            jacobian = torch.autograd.functional.jacobian(log_normaliser, theta_z)
            expected = log_normaliser(theta_e) - log_normaliser(theta_z) + jacobian @ (theta_z - theta_e)
            torch.testing.assert_close(conversion.kl[unit, row], expected)


def test_without_the_second_sigmoid_the_kl_takes_the_log_normaliser_itself(values) -> None:
    family = ExponentialFamily(UNITS, LATENTS, double_sigmoid=False).double().eval()
    z, e = (value[0, 0] for value in values)
    q = family.normaliser.matrices()[0]
    expected = []
    for theta in (e @ family.of_noise.matrices()[0], z @ family.of_latents.matrices()[0]):
        a = torch.sigmoid(theta @ q)
        expected.append(a - theta.sum() * ((a * (1 - a)) @ q))
    torch.testing.assert_close(family(*values).kl[0, 0], expected[0] - expected[1])


def test_the_mask_is_part_of_training_and_of_evaluation_only_when_asked(family: ExponentialFamily, values) -> None:
    in_training, in_evaluation = family.train()(*values).kl, family.eval()(*values).kl
    assert not torch.allclose(in_training, in_evaluation)
    family.mask_in_eval = True
    assert torch.equal(family(*values).kl, in_training)


def test_a_unit_does_not_see_the_others(family: ExponentialFamily, values) -> None:
    latents, noise = values
    changed = latents.clone()
    changed[1] += 1
    before, after = family(latents, noise), family(changed, noise)
    assert torch.equal(before.kl[0], after.kl[0])
    assert torch.equal(before.similarity[0], after.similarity[0])
    assert not torch.allclose(before.kl[1], after.kl[1])
