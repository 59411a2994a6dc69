"""MIPET around other methods."""

from __future__ import annotations

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.architectures.mipet import MipetDecoder, logits_of_mean
from unbraid.training.objectives.beta_tc_vae import BetaTCVAE
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.cfasl import CFASL
from unbraid.training.objectives.factor_vae import FactorVAE
from unbraid.training.objectives.lie_group_vae import CommutativeLieGroupVAE
from unbraid.training.objectives.mipet import MIPET

BASES = {"vae": lambda: BetaVAE(beta=1.0), "beta_tc_vae": lambda: BetaTCVAE(beta=4.0, tc_estimator="mss")}

LIE_NETWORKS = ("encoder.encoder_fn = @lie_conv_encoder", "decoder.decoder_fn = @lie_conv_decoder",
                "lie_conv_encoder.subgroup_sizes = [4]", "lie_conv_decoder.subgroup_sizes = [4]")


def make(build, base: str = "vae", num_transformations: int = 2, **options: object) -> MIPET:
    return build(MIPET(BASES[base](), num_transformations=num_transformations, **options))


def test_a_unit_at_zero_is_the_identity(build, images: torch.Tensor) -> None:
    model = make(build, num_transformations=1)
    torch.nn.init.zeros_(model.decoder.generators[0])
    torch.nn.init.zeros_(model.decoder.generators[1])
    latents = model.encode(images).latents
    torch.testing.assert_close(model.decoder.transform(latents)[0], latents)
    torch.testing.assert_close(model.decoder(latents), model.decoder.decoder(latents))


def test_transformation_is_a_product_of_symmetric_exponentials(build, images: torch.Tensor) -> None:
    model = make(build)
    latents = model.encode(images).latents
    for unit, moved in enumerate(model.decoder.transform(latents)):
        matrix = torch.eye(3, dtype=torch.float64)
        for generator in model.decoder.generators:
            values, vectors = torch.linalg.eigh((generator[unit] + generator[unit].T) / 2)
            matrix = matrix @ (vectors * values.exp()) @ vectors.T
        torch.testing.assert_close(moved, latents @ matrix)
        assert torch.linalg.det(matrix) > 0


def test_pictures_are_averaged(build, images: torch.Tensor) -> None:
    model = make(build, num_transformations=3)
    latents = model.encode(images).latents
    pictures = [torch.sigmoid(model.decoder.decoder(moved)) for moved in model.decoder.transform(latents)]
    torch.testing.assert_close(model.decode_images(latents), sum(pictures) / 3)


def test_logits_of_the_mean_survive_where_the_mean_rounds() -> None:
    logits = torch.tensor([[200.0, -200.0, 60.0], [200.0, -200.0, -3.0]])
    assert logits_of_mean(logits)[:2].tolist() == [200.0, -200.0]
    expected = torch.logit(logits.double().sigmoid().mean(dim=0))[2]
    assert float(logits_of_mean(logits)[2]) == pytest.approx(float(expected))


@pytest.mark.parametrize("base", BASES)
def test_loss_is_the_base_s_with_the_units_terms_added(base: str, build, images: torch.Tensor) -> None:
    model = make(build, base)
    encoding = model.encode(images)
    reconstruction, regularizer, terms = model.parts(images, encoding, 0)
    torch.testing.assert_close(reconstruction, model.reconstruction_loss(model.decoder(encoding.latents), images))
    kl = terms["ef_kl"] if base == "vae" else model.base.regularizer(encoding.posterior, encoding.latents, 0)[0]
    torch.testing.assert_close(regularizer, kl + terms["similarity"] + terms["calibration"])


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_on_the_lie_group_vae_every_unit_has_its_group(probability: float, build) -> None:
    base = CommutativeLieGroupVAE(hy_hes=40.0, hy_rec=0.1, hy_commute=20.0, forward_eg_prob=probability)
    model = build(MIPET(base, num_transformations=2), *LIE_NETWORKS, image_shape=(1, 64, 64))
    images = torch.rand(2, 1, 64, 64, dtype=torch.float64)
    encoding = model.encode(images)
    groups = [base.decoder.algebra(moved) for moved in model.decoder.transform(encoding.latents)]
    decoded = groups if probability == 0 else [encoding.features] * 2
    picture = sum(torch.sigmoid(base.decoder.decode_features(features)) for features in decoded) / 2
    reconstruction, regularizer, terms = model.parts(images, encoding, 0)
    torch.testing.assert_close(reconstruction, model.reconstruction_loss(torch.logit(picture), images))
    difference = sum((encoding.features - group).square().sum(dim=1).mean() for group in groups) / 2
    torch.testing.assert_close(terms["group_difference"], difference)
    torch.testing.assert_close(regularizer, terms["ef_kl"] + 0.1 * difference + 40 * terms["hessian"]
                               + 20 * terms["commutator"] + terms["similarity"] + terms["calibration"])


def test_beta_weighs_the_kl_of_the_units(build, images: torch.Tensor) -> None:
    model = make(build)
    encoding = model.encode(images)
    _, once, terms = model.parts(images, encoding, 0)
    model.base.beta = 3.0
    torch.testing.assert_close(model.parts(images, encoding, 0)[1] - once, 2 * terms["ef_kl"])


def test_calibration_compares_image_by_image(build, images: torch.Tensor) -> None:
    model = make(build)
    encoding = model.encode(images)
    noise = (encoding.latents - encoding.posterior.mean) / torch.exp(encoding.posterior.log_variance / 2)
    kl = model.units(model.decoder.transform(encoding.latents), model.decoder.transform(noise)).kl
    expected = 0.0
    for row in range(len(images)):
        mean, log_variance = encoding.posterior.mean[row], encoding.posterior.log_variance[row]
        gaussian = torch.distributions.kl_divergence(
            torch.distributions.Normal(mean, torch.exp(log_variance / 2)), torch.distributions.Normal(0.0, 1.0)).sum()
        expected += float(kl[:, row].sum() - 2 * gaussian) ** 2 / len(images)
    assert float(model.parts(images, encoding, 0)[2]["calibration"]) == pytest.approx(expected)


def test_units_have_a_learning_rate_of_their_own_and_never_decay(build) -> None:
    model = make(build, unit_learning_rate=1e-5)
    with configured([], ["vae_optimizer.optimizer_fn = @AdamOptimizer", "AdamOptimizer.learning_rate = 0.0001",
                         "AdamOptimizer.weight_decay = 0.1"]):
        optimizer = model.make_optimizers()["vae"]
    assert [(group["lr"], group["weight_decay"]) for group in optimizer.optimizer.param_groups] == [
        (1e-4, 0.1), (1e-5, 0.0)]
    assert len(optimizer.parameters) == len(list(model.parameters()))


def test_one_exponential_can_be_asked_for(build) -> None:
    decoder = make(build, ipe_factors=1).decoder
    assert isinstance(decoder, MipetDecoder)
    assert len(decoder.generators) == 1


@pytest.mark.parametrize("base", [FactorVAE(gamma=1.0), "vae", CFASL(BetaVAE(beta=1.0), epsilon=0.1, threshold=0.2)])
def test_base_must_be_a_method_with_one_loss_and_no_layer(base: object) -> None:
    with pytest.raises(ConfigurationError, match=r"mipet.base is .*; expected an instance of a method with one loss"):
        MIPET(base, num_transformations=1)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown mipet.ef_kl 'kl'"):
        MIPET(BetaVAE(beta=1.0), num_transformations=1, ef_kl="kl")
    with pytest.raises(ConfigurationError, match=r"mipet.ipe_factors is 3; expected 1 or 2"):
        MIPET(BetaVAE(beta=1.0), num_transformations=1, ipe_factors=3)
    with pytest.raises(ConfigurationError, match=r"mipet.num_transformations is 0; expected at least 1"):
        MIPET(BetaVAE(beta=1.0), num_transformations=0)


def test_images_must_be_logistic(build) -> None:
    with pytest.raises(ConfigurationError, match=r"expected reconstruction_loss.activation = 'logits', not 'tanh'"):
        build(MIPET(BetaVAE(beta=1.0), num_transformations=1), "reconstruction_loss.activation = 'tanh'")
