"""Ada-GVAE, Ada-ML-VAE and their labelled forms, each term against plain loops."""

from __future__ import annotations

import math
from pathlib import Path

import gin
import numpy as np
import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.ground_truth.sets.three_dots import ThreeDots
from unbraid.training.data.image_loader import make_image_loader
from unbraid.training.data.pairs import Pairs
from unbraid.training.objectives.group_vae import AdaGVAE, LabelledGroupVAE
from unbraid.training.objectives.ml_vae import AdaMLVAE, LabelledMLVAE
from unbraid.training.objectives.pair_vae import PairVAE
from unbraid.training.posterior import Posterior
from unbraid.training.running.checkpoint import load_model
from unbraid.training.running.train import train

# What disentanglement_lib's tests of its weakly supervised training bind.
CONFIG = """
dataset.name = "dummy_data"
model.batch_size = 2
dynamics.k = -1
model.model = @group_vae_argmax()
group_vae.beta = 1.
vae_optimizer.optimizer_fn = @AdamOptimizer
model.training_steps = 2
model.random_seed=0
AdamOptimizer.beta1 = 0.9
AdamOptimizer.beta2 = 0.999
AdamOptimizer.epsilon = 0.001
AdamOptimizer.name = 'Adam'
AdamOptimizer.use_locking = False
encoder.num_latent = 10
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
"""
METHODS = {"group_vae_argmax": lambda: AdaGVAE(beta=4.0), "group_vae_labels": lambda: LabelledGroupVAE(beta=4.0),
           "mlvae_argmax": lambda: AdaMLVAE(beta=4.0), "mlvae_labels": lambda: LabelledMLVAE(beta=4.0),
           "mlvae_argmax, product": lambda: AdaMLVAE(beta=4.0, mlvae_variance="product")}


@pytest.fixture
def pairs() -> Pairs:
    return Pairs(torch.rand(6, 1, 4, 4, dtype=torch.float64), torch.tensor([2, 0, 1]))


def shared_by_hand(name: str, mean: list[float], variance: list[float]) -> tuple[float, float]:
    if name.startswith("group"):
        return sum(mean) / 2, sum(variance) / 2
    precision = 1 / variance[0] + 1 / variance[1]
    combined = (mean[0] / variance[0] + mean[1] / variance[1]) / precision
    return combined, 1 / precision if name.endswith("product") else 2 / precision


def apart_by_hand(name: str, changed: int, means: np.ndarray, variances: np.ndarray) -> list[bool]:
    if "labels" in name:
        return [latent == changed for latent in range(3)]
    kl = [0.5 * (variances[0, d] / variances[1, d] + (means[1, d] - means[0, d]) ** 2 / variances[1, d] - 1
                 + math.log(variances[1, d] / variances[0, d])) for d in range(3)]
    return [value >= (min(kl) + max(kl)) / 2 for value in kl]


@pytest.mark.parametrize("name", METHODS)
def test_posteriors_are_aggregated_latent_by_latent(name: str, build, pairs: Pairs) -> None:
    model = build(METHODS[name]())
    posterior = Posterior(*model.encoder(pairs.images))
    aggregated, apart = model.aggregate(posterior, pairs.changed)
    means, variances = posterior.mean.detach().numpy(), posterior.log_variance.exp().detach().numpy()
    for pair in range(3):
        own = [pair, pair + 3]
        expected_apart = apart_by_hand(name, int(pairs.changed[pair]), means[own], variances[own])
        assert apart[pair].tolist() == expected_apart
        for latent, kept in enumerate(expected_apart):
            mean, variance = shared_by_hand(name, means[own, latent].tolist(), variances[own, latent].tolist())
            for image in own:
                expected = (means[image, latent], variances[image, latent]) if kept else (mean, variance)
                found = (float(aggregated.mean[image, latent]), math.exp(aggregated.log_variance[image, latent]))
                assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", METHODS)
def test_loss_is_the_mean_over_both_images(name: str, build, pairs: Pairs, monkeypatch) -> None:
    model = build(METHODS[name]())
    monkeypatch.setattr(Posterior, "sample", lambda self: self.mean)
    losses = model(pairs, step=0)
    aggregated, _ = model.aggregate(Posterior(*model.encoder(pairs.images)), pairs.changed)
    reconstruction, kl = 0.0, 0.0
    for half in (slice(0, 3), slice(3, 6)):
        posterior = Posterior(aggregated.mean[half], aggregated.log_variance[half])
        logits = model.decoder(posterior.mean)
        reconstruction += float(model.reconstruction_loss(logits, pairs.images[half]).detach()) / 2
        kl += float(posterior.kl().detach()) / 2
    assert float(losses.minimised["vae"].detach()) == pytest.approx(reconstruction + 4 * kl)
    assert float(losses.terms["kl_loss"].detach()) == pytest.approx(kl)
    assert float(losses.terms["elbo"].detach()) == pytest.approx(-reconstruction - kl)


def posteriors_with_distances(distances: list[float]) -> tuple[Posterior, Posterior]:
    """A pair of unit variances whose means are sqrt(distance) apart."""
    mean, zeros = torch.tensor([distances]).sqrt(), torch.zeros(1, len(distances))
    return Posterior(zeros, zeros), Posterior(mean, zeros)


@pytest.mark.parametrize(("distances", "expected"), [
    ([0.0, 0.1], [False, True]),  # disentanglement_lib's own test
    ([0.0, 0.4, 0.6, 1.0], [False, False, True, True]),
    ([0.0, 0.0, 0.0], [False, False, False]),
])
def test_the_upper_half_of_the_range_is_kept_apart(distances: list[float], expected: list[bool]) -> None:
    changed = torch.zeros(1, dtype=torch.int64)
    assert AdaGVAE(beta=1.0).apart(*posteriors_with_distances(distances), changed).tolist() == [expected]


def test_a_pair_of_one_image_is_a_vae(build) -> None:
    model = build(AdaGVAE(beta=2.0))
    image = torch.rand(1, 1, 4, 4, dtype=torch.float64)
    posterior = Posterior(*model.encoder(image))
    aggregated, apart = model.aggregate(Posterior(*model.encoder(torch.cat([image, image]))), torch.zeros(1).long())
    assert not apart.any()
    torch.testing.assert_close(aggregated.kl(), posterior.kl())


def test_gradient_goes_through_the_shared_posterior_to_both_images(build, pairs: Pairs) -> None:
    model = build(AdaMLVAE(beta=1.0))
    images = pairs.images.requires_grad_()
    model(Pairs(images, pairs.changed), step=0).minimised["vae"].backward()
    assert images.grad is not None
    assert (images.grad.flatten(1).abs().sum(dim=1) > 0).all()


def test_configs_of_disentanglement_lib_run_unchanged(tmp_path: Path) -> None:
    with configured([], [CONFIG, "model.eval_steps = 1"]):
        train(tmp_path / "model")
    with (tmp_path / "model" / "train_log.csv").open() as file:
        assert "latents_apart" in file.readline()
    assert load_model(tmp_path / "model").method == "group_vae_argmax"


@pytest.mark.parametrize(("parameter", "name"), [("group_vae.beta", "group_vae_argmax"),
                                                 ("group_vae.beta", "group_vae_labels"),
                                                 ("mlvae.beta", "mlvae_argmax"), ("mlvae.beta", "mlvae_labels")])
def test_weight_has_disentanglement_libs_name(parameter: str, name: str) -> None:
    with configured([], [f"model.model = @{name}()", f"{parameter} = 6.0"]):
        model = gin.query_parameter("model.model").scoped_configurable_fn()
    assert isinstance(model, PairVAE)
    assert model.beta == 6.0


def test_labels_need_a_latent_for_each_factor(build) -> None:
    model, data = build(LabelledGroupVAE(beta=1.0)), ThreeDots()
    with configured([], ["dynamics.k = 1"]), pytest.raises(
            ConfigurationError, match=r"encoder.num_latent is 3, but group_vae_labels gives each of 6 factors"):
        model.make_batches(data, 2, 0, make_image_loader(data, "cpu"))


def test_unknown_variance_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown mlvae.mlvae_variance 'sum'"):
        AdaMLVAE(beta=1.0, mlvae_variance="sum")
