"""Commutative Lie Group VAE: its loss put together by hand, and which features are decoded."""

import pytest
import torch

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.objectives.lie_group_vae import CommutativeLieGroupVAE
from unbraid.training.objectives.objective import VAEObjective

LIE_NETWORKS = ("encoder.encoder_fn = @lie_conv_encoder", "decoder.decoder_fn = @lie_conv_decoder",
                "lie_conv_encoder.subgroup_sizes = [4, 9]", "lie_conv_decoder.subgroup_sizes = [4, 9]",
                "lie_conv_encoder.subspace_sizes = [1, 2]", "lie_conv_decoder.subspace_sizes = [1, 2]",
                "lie_conv_decoder.basis_scale = 0.5")


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 1, 64, 64, dtype=torch.float64)


def make(build, **arguments: float) -> VAEObjective:
    return build(CommutativeLieGroupVAE(hy_hes=40.0, hy_rec=0.1, hy_commute=20.0, **arguments), *LIE_NETWORKS,
                 image_shape=[1, 64, 64])


@pytest.mark.parametrize(("probability", "decoded"), [(0.0, "group"), (1.0, "features")])
def test_loss_is_the_sum_of_its_terms(build, images: torch.Tensor, probability: float, decoded: str) -> None:
    model = make(build, forward_eg_prob=probability)
    encoding = model.encode(images)
    group = model.decoder.algebra(encoding.latents)
    reconstruction, regularizer, terms = model.parts(images, encoding, 0)
    source = {"group": group, "features": encoding.features}[decoded]
    torch.testing.assert_close(reconstruction, model.reconstruction_loss(model.decoder.decode_features(source), images))
    difference = sum(float((row_e - row_g).square().sum())
                     for row_e, row_g in zip(encoding.features, group, strict=True)) / 3
    algebra = model.decoder.algebra
    expected = (float(encoding.posterior.kl()) + 0.1 * difference + 40 * float(algebra.hessian_penalty())
                + 20 * float(algebra.commutator_penalty()))
    assert float(regularizer) == pytest.approx(expected)
    assert float(terms["group_difference"]) == pytest.approx(difference)


def test_evaluation_always_decodes_the_latents(build, images: torch.Tensor) -> None:
    model = make(build, forward_eg_prob=1.0).eval()
    encoding = model.encode(images)
    expected = model.reconstruction_loss(model.decoder(encoding.latents), images)
    torch.testing.assert_close(model.parts(images, encoding, 0)[0], expected)


def test_transposed_commutator_is_the_original_codes(build, images: torch.Tensor) -> None:
    model = make(build, commutator="transpose")
    terms = model.parts(images, model.encode(images), 0)[2]
    torch.testing.assert_close(terms["commutator"], model.decoder.algebra.commutator_penalty(transpose=True))


def test_networks_without_a_group_are_refused(build) -> None:
    with pytest.raises(ConfigurationError, match=r"needs networks with a group between image and latents: @lie_conv"):
        build(CommutativeLieGroupVAE(hy_hes=40.0, hy_rec=0.1))


def test_unknown_commutator_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown commutative_lie_group_vae.commutator 'none'"):
        CommutativeLieGroupVAE(hy_hes=1.0, hy_rec=1.0, commutator="none")
