"""What every method must do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.training.data.pairs import Pairs
from unbraid.training.objectives.annealed_vae import AnnealedVAE
from unbraid.training.objectives.beta_tc_vae import BetaTCVAE
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.cfasl import CFASL
from unbraid.training.objectives.control_vae import ControlVAE
from unbraid.training.objectives.dip_vae import DIPVAE
from unbraid.training.objectives.factor_vae import FactorVAE
from unbraid.training.objectives.group_vae import AdaGVAE, LabelledGroupVAE
from unbraid.training.objectives.jl1_vae import JL1VAE
from unbraid.training.objectives.lie_group_vae import CommutativeLieGroupVAE
from unbraid.training.objectives.mipet import MIPET
from unbraid.training.objectives.ml_vae import AdaMLVAE, LabelledMLVAE
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.objectives.pair_vae import PairVAE
from unbraid.training.objectives.registry import methods
from unbraid.training.objectives.s2_mine_vae import S2MineVAE
from unbraid.training.objectives.semi_supervised import (
    S2DIPVAE,
    S2VAE,
    S2BetaTCVAE,
    S2FactorVAE,
    SemiSupervisedVAE,
    Supervised,
)
from unbraid.training.running.loop import update

EXAMPLES = {
    "vae": lambda: BetaVAE(beta=4.0),
    "annealed_vae": lambda: AnnealedVAE(gamma=10.0, c_max=5.0, iteration_threshold=10),
    "factor_vae": lambda: FactorVAE(gamma=10.0),
    "dip_vae": lambda: DIPVAE(lambda_od=5.0, lambda_d_factor=10.0),
    "beta_tc_vae": lambda: BetaTCVAE(beta=4.0),
    "jlonevae": lambda: JL1VAE(beta=4.0, gamma=0.1),
    "cfasl": lambda: CFASL(BetaVAE(beta=4.0), epsilon=0.1, threshold=0.2, sub_sec=2, temperature=1.0),
    "control_vae": lambda: ControlVAE(c_max=18.0),
    "commutative_lie_group_vae": lambda: CommutativeLieGroupVAE(hy_hes=40.0, hy_rec=0.1, hy_commute=20.0),
    "mipet": lambda: MIPET(BetaVAE(beta=1.0), num_transformations=2),
    "group_vae_argmax": lambda: AdaGVAE(beta=2.0),
    "group_vae_labels": lambda: LabelledGroupVAE(beta=2.0),
    "mlvae_argmax": lambda: AdaMLVAE(beta=2.0),
    "mlvae_labels": lambda: LabelledMLVAE(beta=2.0),
    "s2_vae": lambda: S2VAE(beta=2.0, gamma_sup=4.0),
    "s2_factor_vae": lambda: S2FactorVAE(gamma=10.0, gamma_sup=4.0),
    "s2_dip_vae": lambda: S2DIPVAE(lambda_od=5.0, lambda_d_factor=10.0, gamma_sup=4.0),
    "s2_beta_tc_vae": lambda: S2BetaTCVAE(beta=4.0, gamma_sup=4.0),
    "s2_mine_vae": lambda: S2MineVAE(beta=2.0, gamma_sup=4.0),
    "supervised": Supervised,
}
# Of labels alone no variance is learnt.
UNTRAINED = {"supervised": ["encoder.head.log_variance.weight", "encoder.head.log_variance.bias"]}
LIE_NETWORKS = ("encoder.encoder_fn = @lie_conv_encoder", "decoder.decoder_fn = @lie_conv_decoder")
# Other settings that give the VAE.
REDUCTIONS = {
    "beta-VAE": lambda: BetaVAE(beta=1.0),
    "FactorVAE": lambda: FactorVAE(gamma=0.0),
    "DIP-VAE": lambda: DIPVAE(lambda_od=0.0, lambda_d_factor=10.0),
    "DIP-VAE-II": lambda: DIPVAE(lambda_od=0.0, lambda_d_factor=1.0, dip_type="ii"),
    "beta-TCVAE": lambda: BetaTCVAE(beta=1.0),
    "AnnealedVAE": lambda: AnnealedVAE(gamma=1.0, c_max=0.0, iteration_threshold=10),
    "ControlVAE": lambda: ControlVAE(c_max=1.0, k_p=0.0, k_i=0.0),
    "JL1-VAE": lambda: JL1VAE(beta=1.0, gamma=0.0),
}


@pytest.fixture
def example(build, labelled) -> Callable[[str], tuple[VAEObjective, object]]:
    """example(name): the method with networks, and a batch for it."""

    def make(name: str) -> tuple[VAEObjective, object]:
        model = EXAMPLES[name]()
        if isinstance(model, PairVAE):
            return build(model), Pairs(torch.rand(6, 1, 4, 4, dtype=torch.float64), torch.tensor([0, 2, 1]))
        if isinstance(model, SemiSupervisedVAE):
            return labelled(model)
        if not isinstance(model, CommutativeLieGroupVAE):
            return build(model), torch.rand(6, 1, 4, 4, dtype=torch.float64)
        return build(model, *LIE_NETWORKS, image_shape=(1, 64, 64)), torch.rand(6, 1, 64, 64, dtype=torch.float64)

    return make


def test_every_method_has_an_example() -> None:
    assert EXAMPLES.keys() == set(methods())


@pytest.mark.parametrize("name", EXAMPLES)
def test_gradient_reaches_every_parameter(name: str, example) -> None:
    model, images = example(name)
    with configured([], ["vae_optimizer.optimizer_fn = @AdamOptimizer",
                         "discriminator_optimizer.optimizer_fn = @AdamOptimizer"]):
        optimizers = model.make_optimizers()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    update(model(images, step=5), optimizers, 5)
    unmoved = [key for key, value in model.named_parameters() if torch.equal(value, before[key])]
    assert sorted({key.removeprefix("base.") for key in unmoved}) == sorted(UNTRAINED.get(name, []))
    assert all(bool(torch.isfinite(value).all()) for value in model.parameters())


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_optimizer_moves_what_another_minimises(name: str, example) -> None:
    model, _ = example(name)
    with configured([], ["vae_optimizer.optimizer_fn = @AdamOptimizer",
                         "discriminator_optimizer.optimizer_fn = @AdamOptimizer"]):
        parameters = [parameter for optimizer in model.make_optimizers().values() for parameter in optimizer.parameters]
    assert len(parameters) == len(set(map(id, parameters))) == len(list(model.parameters()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_terms_are_finite_scalars_and_add_up(name: str, example) -> None:
    model, images = example(name)
    losses = model(images, step=5)
    terms = {key: float(torch.as_tensor(value).detach()) for key, value in losses.terms.items()}
    assert {"loss", "reconstruction_loss", "kl_loss", "regularizer"} <= terms.keys()
    assert terms["loss"] == pytest.approx(terms["reconstruction_loss"] + terms["regularizer"])
    assert terms["loss"] == pytest.approx(float(losses.minimised["vae"].detach()))


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduces_to_the_vae(name: str, build, images: torch.Tensor) -> None:
    model = build(REDUCTIONS[name]())
    torch.manual_seed(1)
    losses = model(images, step=20)
    expected = losses.terms["reconstruction_loss"] + losses.terms["kl_loss"]
    torch.testing.assert_close(losses.minimised["vae"], expected)
