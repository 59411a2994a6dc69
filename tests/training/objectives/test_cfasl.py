"""CFASL around other methods."""

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.losses.group_symmetries import commutativity_loss, published_commutativity_loss
from unbraid.training.objectives.beta_tc_vae import BetaTCVAE
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.cfasl import CFASL
from unbraid.training.objectives.control_vae import ControlVAE
from unbraid.training.objectives.factor_vae import FactorVAE

BASES = {"vae": lambda: BetaVAE(beta=4.0), "beta_tc_vae": lambda: BetaTCVAE(beta=4.0, tc_estimator="mss"),
         "control_vae": lambda: ControlVAE(c_max=16.0)}


def make(build, base: str = "vae", **options: object) -> CFASL:
    return build(CFASL(BASES[base](), **{"epsilon": 0.1, "threshold": 0.2, "sub_sec": 2, **options}))


@pytest.mark.parametrize("base", BASES)
def test_without_weights_it_is_the_base(base: str, build, images: torch.Tensor) -> None:
    model = make(build, base, alpha=0.0, gamma=0.0, lamb=0.0, epsilon=0.0)
    encoding = model.encode(images)
    expected = BASES[base]()
    build(expected)
    expected.encoder, expected.decoder = model.encoder, model.decoder
    reconstruction, regularizer, _ = model.parts(images, encoding, 0)
    torch.testing.assert_close(reconstruction + regularizer, sum(expected.parts(images, encoding, 0)[:2]))


def test_in_evaluation_it_is_the_base(build, images: torch.Tensor) -> None:
    model = make(build).eval()
    encoding = model.encode(images)
    assert model.parts(images, encoding, 0)[1] == 4 * encoding.posterior.kl()


def test_terms_are_weighted_and_added(build, images: torch.Tensor) -> None:
    model = make(build, alpha=2.0, gamma=3.0, lamb=5.0, epsilon=7.0)
    encoding = model.encode(images)
    _, regularizer, terms = model.parts(images, encoding, 0)
    codebook = sum(terms[name] for name in ("parallel", "perpendicular", "sparsity", "commutativity"))
    torch.testing.assert_close(regularizer, 4 * encoding.posterior.kl() + 2 * codebook + 3 * terms["sector"]
                               + 5 * terms["encoder_equivariance"] + 7 * terms["decoder_equivariance"])


def test_a_codebook_of_zeros_moves_nothing(build, images: torch.Tensor) -> None:
    model = make(build, codebook_init="normal", codebook_std=0.0)
    encoding = model.encode(images)
    terms = model.pair_terms(images, encoding)
    first, second = encoding.latents.chunk(2)
    torch.testing.assert_close(terms["encoder_equivariance"], 2 * (first - second).square().mean())
    swapped = torch.cat([second, first])
    torch.testing.assert_close(terms["decoder_equivariance"],
                               model.reconstruction_loss(model.decoder(swapped), images))


def test_selector_learns_slower(build) -> None:
    model = make(build)
    with configured([], ["vae_optimizer.optimizer_fn = @AdamOptimizer", "AdamOptimizer.learning_rate = 0.0001"]):
        optimizer = model.make_optimizers()["vae"]
    assert [group["lr"] for group in optimizer.optimizer.param_groups] == [1e-4, 2e-5]


def test_networks_are_saved_where_a_checkpoint_looks_for_them(build) -> None:
    model = make(build)
    assert torch.equal(model.state_dict()["encoder.head.mean.weight"], model.base.encoder.head.mean.weight)


def test_biases_can_start_as_in_the_published_code(build) -> None:
    model = make(build, bias_init="uniform01")
    biases = torch.cat([parameter.flatten() for parameter in model.parameters() if parameter.ndim == 1])
    assert 0 <= float(biases.min()) < float(biases.max()) <= 1


def test_commutativity_can_be_that_of_the_published_code(build, images: torch.Tensor) -> None:
    values = {option: make(build, commutativity=option) for option in ("paper", "source")}
    values["source"].load_state_dict(values["paper"].state_dict())
    latents = values["paper"].encode(images).latents
    paper, source = (float(model.codebook_terms(latents)["commutativity"].detach()) for model in values.values())
    codebook = values["paper"].symmetries.codebook
    assert paper == pytest.approx(float(commutativity_loss(codebook).detach()))
    assert source == pytest.approx(float(published_commutativity_loss(codebook).detach()))
    assert source != pytest.approx(paper)


def test_odd_batches_are_refused(build, images: torch.Tensor) -> None:
    with pytest.raises(ConfigurationError, match=r"model.batch_size is 5; cfasl pairs the two halves"):
        make(build)(images[:5], 0)


@pytest.mark.parametrize("option", ["codebook_init", "sector_loss", "switch", "std2", "bias_init",
                                    "commutativity"])
def test_unknown_options_are_refused(option: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Unknown cfasl.{option} 'x'"):
        CFASL(BetaVAE(beta=1.0), epsilon=0.1, threshold=0.2, **{option: "x"})


@pytest.mark.parametrize("base", [FactorVAE(gamma=1.0), "vae", BetaVAE])
def test_base_must_be_a_method_with_one_loss(base: object) -> None:
    with pytest.raises(ConfigurationError, match=r"cfasl.base is .*; expected an instance of a method with one loss"):
        CFASL(base, epsilon=0.1, threshold=0.2)
