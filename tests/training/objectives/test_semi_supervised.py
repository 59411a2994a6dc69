"""Semi-supervised methods: the base's loss on unlabelled images, the labels' on others."""

from __future__ import annotations

from pathlib import Path

import gin
import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.s2_mine_vae import S2MineVAE
from unbraid.training.objectives.semi_supervised import S2DIPVAE, S2VAE, S2BetaTCVAE, S2FactorVAE, Supervised
from unbraid.training.running.checkpoint import load_model, read_checkpoint
from unbraid.training.running.train import train

METHODS = {"s2_vae": lambda: S2VAE(beta=2.0, gamma_sup=3.0),
           "s2_factor_vae": lambda: S2FactorVAE(gamma=10.0, gamma_sup=3.0),
           "s2_dip_vae": lambda: S2DIPVAE(lambda_od=5.0, lambda_d_factor=10.0, gamma_sup=3.0, dip_type="ii"),
           "s2_beta_tc_vae": lambda: S2BetaTCVAE(beta=4.0, gamma_sup=3.0)}
# What disentanglement_lib's tests of its semi-supervised training bind.
CONFIG = """
dataset.name = "dummy_data"
model.batch_size = 2
model.model = @s2_vae
model.num_labelled_samples = 100
model.train_percentage = 0.9
s2_vae.beta = 4
s2_vae.gamma_sup = 4
annealer.iteration_threshold = 1
labeller.labeller_fn = @perfect_labeller
model.model_seed = 0
model.unsupervised_data_seed = 0
model.supervised_data_seed = 0
annealer.anneal_fn = @fixed
supervised_loss.loss_fn = @xent
vae_optimizer.optimizer_fn = @AdamOptimizer
model.training_steps = 2
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


@pytest.mark.parametrize("name", METHODS)
def test_loss_is_the_base_s_and_that_of_the_labels(name: str, labelled) -> None:
    model, batch = labelled(METHODS[name]())
    torch.manual_seed(1)
    losses = model(batch, step=5)
    torch.manual_seed(1)
    alone = model.base(batch.images, 5)
    supervised = (model.encoder(batch.labelled_images)[0][:, :2] - batch.labels).square().sum()
    torch.testing.assert_close(losses.minimised["vae"], alone.minimised["vae"] + 3 * supervised)
    torch.testing.assert_close(losses.terms["supervised_loss"], supervised)
    torch.testing.assert_close(losses.terms["loss"], losses.minimised["vae"])
    assert losses.minimised.keys() == alone.minimised.keys()


@pytest.mark.parametrize(("anneal_fn", "step", "expected"), [("anneal", 5, 1.5), ("fine_tune", 10, 0.0),
                                                             ("fine_tune", 11, 3.0), ("fixed", 0, 3.0)])
def test_labels_are_weighed_as_the_annealer_says(anneal_fn: str, step: int, expected: float, labelled) -> None:
    model, batch = labelled(METHODS["s2_vae"](), f"annealer.anneal_fn = @{anneal_fn}",
                            "annealer.iteration_threshold = 10")
    assert model(batch, step).terms["gamma_sup"] == pytest.approx(expected)


def test_without_weight_it_is_the_base(labelled) -> None:
    model, batch = labelled(S2VAE(beta=2.0, gamma_sup=0.0))
    torch.manual_seed(1)
    losses = model(batch, step=0)
    torch.manual_seed(1)
    base = BetaVAE(beta=2.0)
    base.encoder, base.decoder, base.reconstruction_loss = model.encoder, model.decoder, model.reconstruction_loss
    torch.testing.assert_close(losses.minimised["vae"], base(batch.images, 0).minimised["vae"])


def test_the_steps_are_the_base_s(labelled) -> None:
    assert labelled(METHODS["s2_factor_vae"]())[0].step_increment == 2
    assert labelled(METHODS["s2_vae"]())[0].step_increment == 1


def test_of_labels_alone_the_encoder_learns_nothing_from_the_images(labelled) -> None:
    model, batch = labelled(Supervised())
    losses = model(batch, step=0)
    weight = model.encoder.head.mean.weight
    of_all, = torch.autograd.grad(losses.minimised["vae"], weight, retain_graph=True)
    of_labels, = torch.autograd.grad(losses.terms["supervised_loss"], weight, retain_graph=True)
    torch.testing.assert_close(of_all, of_labels)
    decoded, = torch.autograd.grad(losses.minimised["vae"], next(model.decoder.parameters()))
    assert decoded.any()


def test_mine_squares_what_latents_tell_about_the_labels_of_others(labelled, monkeypatch) -> None:
    model, batch = labelled(S2MineVAE(beta=2.0, gamma_sup=3.0))
    information = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64, requires_grad=True)
    monkeypatch.setattr(model.supervised_loss, "forward", lambda means, labels: information)
    losses = model(batch, step=0)
    assert float(losses.terms["supervised_loss"].detach()) == 2**2 + 3**2 + 4**2 + 6**2
    assert float(losses.minimised["estimators"].detach()) == -21


def test_configs_of_disentanglement_lib_run_unchanged(tmp_path: Path) -> None:
    with configured([], [CONFIG, "model.eval_steps = 1"]):
        train(tmp_path / "model")
    content = read_checkpoint(tmp_path / "model")
    assert content["method"] == "s2_vae"
    assert content["seeds"]["random_seed"] == content["seeds"]["training_data_seed"] == 0
    assert content["seeds"]["supervised_data_seed"] == 0
    assert load_model(tmp_path / "model").encoder(torch.rand(1, 1, 64, 64))[0].shape == (1, 10)


@pytest.mark.parametrize(("binding", "message"), [
    ("model.train_percentage = None", r"s2_vae learns from labels too; it needs model.train_percentage"),
    ("model.random_seed = 1", r"model.random_seed and model.model_seed are two names of one seed; give only one"),
    ("model.model_seed = None", r"model.random_seed is not given; expected a whole number"),
    ("labeller.labeller_fn = @partial_labeller\npartial_labeller.num_observed_factors = 99", "factors is 99"),
])
def test_wrong_settings_leave_nothing_behind(binding: str, message: str, tmp_path: Path) -> None:
    with configured([], [CONFIG, binding]), pytest.raises(UserError, match=message):
        train(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_methods_are_named_as_in_disentanglement_lib() -> None:
    with configured([], ["model.model = @s2_dip_vae()", "s2_dip_vae.lambda_od = 1.0", "s2_dip_vae.gamma_sup = 2.0",
                         "s2_dip_vae.lambda_d_factor = 3.0", "s2_dip_vae.dip_type = 'ii'"]):
        model = gin.query_parameter("model.model").scoped_configurable_fn()
    assert (model.base.lambda_od, model.base.lambda_d, model.base.dip_type, model.gamma_sup) == (1.0, 3.0, "ii", 2.0)
