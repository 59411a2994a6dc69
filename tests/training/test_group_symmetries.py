"""CFASL's losses, term by term, against loops over pairs."""

import itertools
import math

import pytest
import torch

from unbraid.training.losses.group_symmetries import (
    GroupSymmetries,
    commutativity_loss,
    parallel_loss,
    perpendicular_loss,
    published_commutativity_loss,
    sector_loss,
    sparsity_loss,
)
from unbraid.training.posterior import Posterior

SECTIONS, SYMMETRIES, BATCH = 3, 2, 4


@pytest.fixture
def symmetries() -> GroupSymmetries:
    return GroupSymmetries(SECTIONS, SYMMETRIES).double()


@pytest.fixture
def differences() -> torch.Tensor:
    return torch.randn(SECTIONS, SYMMETRIES, BATCH, SECTIONS, dtype=torch.float64)


def squared_cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(a @ b) ** 2 / float(a @ a) / float(b @ b)


def test_differences_are_what_each_symmetry_does_to_a_row(symmetries: GroupSymmetries) -> None:
    latents = torch.randn(BATCH, SECTIONS, dtype=torch.float64)
    differences = symmetries.differences(latents)
    for s, k, b in itertools.product(range(SECTIONS), range(SYMMETRIES), range(BATCH)):
        expected = latents[b] - latents[b] @ torch.matrix_exp(symmetries.codebook[s * SYMMETRIES + k])
        torch.testing.assert_close(differences[s, k, b], expected)


def test_parallel(differences: torch.Tensor) -> None:
    expected = 0.0
    for section in differences:
        rows = section.reshape(-1, SECTIONS)
        expected -= sum(math.log(squared_cosine(a, b) + 1e-9) for a in rows for b in rows) / len(rows) ** 2 / SECTIONS
    assert float(parallel_loss(differences)) == pytest.approx(expected)


def test_perpendicular(differences: torch.Tensor) -> None:
    chosen = [1, 0, 1]
    rows = [(s, differences[s, chosen[s], b]) for s in range(SECTIONS) for b in range(BATCH)]
    expected = sum(squared_cosine(a, b) for (s, a), (t, b) in itertools.product(rows, rows) if s != t) / len(rows) ** 2
    assert float(perpendicular_loss(differences, torch.tensor(chosen))) == pytest.approx(expected)


def test_sparsity(differences: torch.Tensor) -> None:
    rows = differences.reshape(-1, SECTIONS).square().tolist()
    expected = sum((sum(row) - max(row)) ** 2 for row in rows) / len(rows)
    assert float(sparsity_loss(differences)) == pytest.approx(expected)


def test_commutativity(symmetries: GroupSymmetries) -> None:
    generators = symmetries.codebook.detach()
    pairs = [float((a @ b - b @ a).square().mean()) for a in generators for b in generators]
    assert float(commutativity_loss(symmetries.codebook)) == pytest.approx(sum(pairs) / len(pairs))


def test_published_commutativity_is_that_of_cfasls_code() -> None:
    """0.0268 is what `commutative` of GIST-IRR/CFASL's group_action_layer.py gives for D = 3 and 4 symmetries."""
    codebook = torch.sin(torch.arange(12 * 9, dtype=torch.float64)).reshape(12, 3, 3)
    assert float(published_commutativity_loss(codebook)) == pytest.approx(0.026810901808197268, rel=1e-12)


@pytest.mark.parametrize("double_softmax", [False, True])
def test_sector(double_softmax: bool) -> None:
    logits, latents = torch.randn(2, SECTIONS, 2).double(), torch.randn(4, SECTIONS).double()
    expected = 0.0
    for b, s in itertools.product(range(2), range(SECTIONS)):
        pair = logits[b, s].softmax(0) if double_softmax else logits[b, s]
        changed = abs(float(latents[b, s] - latents[b + 2, s])) > 0.2
        expected -= float(pair.log_softmax(0)[int(changed)]) / 2
    assert float(sector_loss(logits, latents, 0.2, double_softmax)) == pytest.approx(expected)


def test_softmax_twice_has_a_floor() -> None:
    certain = torch.tensor([[[50.0, -50.0]]])
    assert float(sector_loss(certain, torch.zeros(2, 1), 0.2, double_softmax=True)) == pytest.approx(0.31326, abs=1e-5)


def test_actions_are_inverse_to_each_other_and_made_of_the_chosen(symmetries: GroupSymmetries) -> None:
    switch, selection = torch.rand(2, SECTIONS).double(), torch.rand(2, SECTIONS, SYMMETRIES).double()
    forward, inverse = symmetries.actions(switch, selection)
    torch.testing.assert_close(forward @ inverse, torch.eye(SECTIONS).double().expand(2, -1, -1))
    generator = sum(switch[1, s] * selection[1, s, k] * symmetries.codebook[s * SYMMETRIES + k]
                    for s in range(SECTIONS) for k in range(SYMMETRIES))
    torch.testing.assert_close(forward[1], torch.matrix_exp(generator))


@pytest.mark.parametrize("of_mean", [False, True])
def test_selection_sees_both_means_and_deviations(symmetries: GroupSymmetries, of_mean: bool) -> None:
    posterior = Posterior(torch.randn(4, SECTIONS).double(), torch.randn(4, SECTIONS).double())
    mean, log_variance = posterior.mean, posterior.log_variance
    std2 = (mean[3] if of_mean else log_variance[3]).mul(0.5).exp()
    chosen = symmetries.selector(torch.cat([mean[1], (log_variance[1] / 2).exp(), mean[3], std2]))
    switches, selection = symmetries.select(posterior, of_mean)
    torch.testing.assert_close(switches[1].flatten(), chosen[: 2 * SECTIONS])
    torch.testing.assert_close(selection[1, 2], chosen[-SYMMETRIES:].softmax(0))


def test_a_codebook_of_zeros_has_finite_losses_and_gradients() -> None:
    symmetries = GroupSymmetries(SECTIONS, SYMMETRIES, "normal", 0.0)
    differences = symmetries.differences(torch.randn(BATCH, SECTIONS))
    loss = parallel_loss(differences) + perpendicular_loss(differences, torch.zeros(SECTIONS).long())
    (gradient,) = torch.autograd.grad(loss, symmetries.codebook)
    assert bool(torch.isfinite(loss))
    assert bool(torch.isfinite(gradient).all())


@pytest.mark.parametrize(("init", "std", "bound"), [("trunc_normal", 1.0, 2.0), ("normal", 1e-6, 1e-5)])
def test_codebook_starts_as_published(init: str, std: float, bound: float) -> None:
    codebook = GroupSymmetries(10, 16, init, std).codebook
    assert codebook.numel() == 16_000
    assert float(codebook.abs().max()) <= bound
    assert float(codebook.std()) == pytest.approx(0.88 * std if init == "trunc_normal" else std, rel=0.05)
