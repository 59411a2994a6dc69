"""The losses of labels against loops and disentanglement_lib's own test values; the annealers; mutual information."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.losses.annealers import Annealer, anneal, fine_tune, fixed
from unbraid.training.losses.mutual_information import MutualInformation
from unbraid.training.losses.supervised import Covariance, CrossEntropy, Embedding, SquaredError, SupervisedLoss

SIZES = [3, 5]


@pytest.fixture
def means() -> torch.Tensor:
    """(4, 3): one latent more than labels."""
    return torch.randn(4, 3, dtype=torch.float64)


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.tensor([[0, 4], [2, 1], [1, 0], [2, 3]], dtype=torch.float64)


def test_squared_error_with_a_learned_scale(means: torch.Tensor, labels: torch.Tensor) -> None:
    loss = SquaredError(SIZES).double()
    torch.nn.init.constant_(loss.scale, 1.5)
    expected = sum((1.5 * float(means[row, f]) - float(labels[row, f])) ** 2 for row in range(4) for f in range(2))
    assert float(loss(means, labels).detach()) == pytest.approx(expected)


def test_squared_error_of_shares_compares_every_image_with_its_own_label(means, labels) -> None:
    """disentanglement_lib's code broadcasts every image against every label."""
    expected = sum((1 / (1 + math.exp(-float(means[row, f]))) - float(labels[row, f]) / SIZES[f]) ** 2
                   for row in range(4) for f in range(2))
    assert float(SquaredError(SIZES, learn_scale=False)(means, labels)) == pytest.approx(expected)


def test_cross_entropy(means: torch.Tensor, labels: torch.Tensor) -> None:
    expected = 0.0
    for row in range(4):
        for f in range(2):
            p, y = 1 / (1 + math.exp(-float(means[row, f]))), float(labels[row, f]) / SIZES[f]
            expected -= y * math.log(p) + (1 - y) * math.log(1 - p)
    assert float(CrossEntropy(SIZES)(means, labels)) == pytest.approx(expected)


@pytest.mark.parametrize(("num_factors", "value", "expected"), [(5, 0.0, 221.807), (10, 0.0, 443.614),
                                                                (10, 1.0, 840.487)])
def test_cross_entropy_has_disentanglement_libs_values(num_factors: int, value: float, expected: float) -> None:
    loss = CrossEntropy([4] * num_factors)
    means, labels = torch.full((64, 10), value), torch.zeros(64, num_factors)
    assert float(loss(means, labels)) == pytest.approx(expected, abs=1e-3)


def test_covariance_has_disentanglement_libs_value() -> None:
    means, labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert float(Covariance([2, 2])(means, labels)) == pytest.approx(0.125)


def test_covariance_counts_every_latent_but_the_factors_own(means: torch.Tensor, labels: torch.Tensor) -> None:
    covariance = np.cov(means.T.numpy(), labels.T.numpy(), bias=True)[:3, 3:]
    expected = sum(covariance[i, j] ** 2 for i in range(3) for j in range(2) if i != j)
    assert float(Covariance(SIZES)(means, labels)) == pytest.approx(expected)


@pytest.mark.parametrize("sigma", [0.7, "learn"])
@pytest.mark.parametrize("use_order", [False, True])
def test_embedding(means: torch.Tensor, labels: torch.Tensor, sigma: float | str, use_order: bool) -> None:
    loss = Embedding(SIZES, sigma=sigma, use_order=use_order).double()
    expected = 0.0
    for f, size in enumerate(SIZES):
        places = loss.places[f].detach().tolist()
        places = [places[0] * k + places[1] for k in range(size)] if use_order else places
        width = float(loss.sigma[f].detach()) if sigma == "learn" else sigma
        for row in range(4):
            weights = [math.exp(-((float(means[row, f]) - place) * width) ** 2) for place in places]
            expected -= math.log(weights[int(labels[row, f])] / sum(weights)) / 4
    assert float(loss(means, labels).detach()) == pytest.approx(expected)
    assert len(list(loss.parameters())) == 2 + (sigma == "learn")


@pytest.mark.parametrize(("loss_fn", "shrinks"), [(SquaredError, True), (CrossEntropy, True), (Covariance, False)])
def test_reduction_takes_the_batch_out_of_sums_only(means, labels, loss_fn, shrinks: bool) -> None:
    total, mean = (SupervisedLoss(SIZES, 3, loss_fn, reduction)(means, labels) for reduction in ("sum", "mean"))
    torch.testing.assert_close(total / mean, torch.tensor(4.0 if shrinks else 1.0, dtype=torch.float64))


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"encoder.num_latent is 1, but there are 2 labels, .* at least"):
        SupervisedLoss(SIZES, 1, CrossEntropy)
    assert SupervisedLoss(SIZES, 1, Covariance)(torch.rand(4, 1), torch.rand(4, 2)) >= 0
    with pytest.raises(UnknownNameError, match=r"Unknown supervised_loss.supervised_reduction 'max'"):
        SupervisedLoss(SIZES, 3, CrossEntropy, "max")
    with pytest.raises(ConfigurationError, match=r"supervised_loss.loss_fn is 'xent'; expected @l2, @xent, @cov"):
        SupervisedLoss(SIZES, 3, "xent")
    with pytest.raises(ConfigurationError, match=r"embed.sigma is 'learned'; expected a number or 'learn'"):
        Embedding(SIZES, sigma="learned")
    with pytest.raises(ConfigurationError, match=r"annealer.anneal_fn is 'fixed'; expected @fixed, @anneal or @fine_"):
        Annealer("fixed", 3)


@pytest.mark.parametrize(("anneal_fn", "step", "expected"), [
    (fixed, 0, 100), (anneal, 0, 0), (anneal, 10, 10), (anneal, 100, 100), (anneal, 101, 100),
    (fine_tune, 0, 0), (fine_tune, 100, 0), (fine_tune, 101, 100)])
def test_annealers_have_disentanglement_libs_values(anneal_fn, step: int, expected: float) -> None:
    assert Annealer(anneal_fn, 100)(100.0, step) == pytest.approx(expected)


def test_mutual_information_is_that_of_its_scores(monkeypatch: pytest.MonkeyPatch, means, labels) -> None:
    networks = MutualInformation(2, 3).double()
    orders = torch.tensor([2, 0, 3, 1]).expand(2, 3, 4)
    monkeypatch.setattr(torch.Tensor, "argsort", lambda self, dim: orders)
    estimates = networks(means, labels)
    for f in range(2):
        for d in range(3):
            a, c, w, b, bias = (parameter[f, d].detach().numpy() for parameter in (
                networks.of_latent, networks.of_label, networks.output, networks.latent_bias, networks.label_bias))

            def score(x: float, y: float, a=a, c=c, w=w, b=b, bias=bias) -> float:
                hidden = a * x + b + c * y + bias
                return float(w @ np.where(hidden > 0, hidden, np.expm1(hidden)))

            x, y = means[:, d].tolist(), labels[:, f].tolist()
            joint = [score(*pair) for pair in zip(x, y, strict=True)]
            product = [score(x[row], y[int(orders[f, d, row])]) for row in range(4)]
            expected = sum(joint) / 4 + math.log(4) - math.log(sum(map(math.exp, product)))
            assert float(estimates[f, d].detach()) == pytest.approx(expected)


@pytest.mark.slow
def test_mutual_information_comes_near_that_of_a_copied_label() -> None:
    labels = torch.randint(2, (512, 1)).float()
    latents = torch.cat([labels, torch.randn(512, 1)], dim=1)
    networks = MutualInformation(1, 2)
    optimizer = torch.optim.Adam(networks.parameters(), lr=0.01)
    for _ in range(500):
        optimizer.zero_grad()
        (-networks(latents, labels).sum()).backward()
        optimizer.step()
    of_copy, of_noise = (torch.stack([networks(latents, labels)[0] for _ in range(50)]).mean(dim=0)).tolist()
    assert of_copy == pytest.approx(math.log(2), abs=0.1)
    assert of_noise == pytest.approx(0, abs=0.1)
