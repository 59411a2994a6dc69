"""Weakly and semi-supervised losses against disentanglement_lib's code (goldens/make_dlib_supervision_goldens.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.training.data.labelled import PartlyLabelled
from unbraid.training.data.pairs import Pairs
from unbraid.training.objectives.group_vae import AdaGVAE, LabelledGroupVAE
from unbraid.training.objectives.ml_vae import AdaMLVAE, LabelledMLVAE
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.objectives.s2_mine_vae import S2MineVAE
from unbraid.training.objectives.semi_supervised import S2DIPVAE, S2VAE, S2BetaTCVAE

GOLDENS = Path(__file__).parents[1] / "goldens" / "dlib_supervision.npz"
WEAK = {"group_vae_argmax": AdaGVAE, "group_vae_labels": LabelledGroupVAE, "mlvae_argmax": AdaMLVAE,
        "mlvae_labels": LabelledMLVAE}
SEMI = {"s2_vae": S2VAE, "s2_beta_tc_vae": S2BetaTCVAE, "s2_dip_vae": S2DIPVAE}
TERMS = ("loss", "reconstruction_loss", "elbo", "regularizer", "kl_loss", "supervised_loss")


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    with np.load(GOLDENS) as arrays:
        return {name: arrays[name] for name in arrays}


@pytest.fixture(scope="module")
def arrays(recorder_of) -> dict[str, torch.Tensor]:
    """The inputs in double precision, images as (B, C, H, W)."""
    inputs = recorder_of("dlib_supervision").inputs()
    tensors = {name: torch.from_numpy(array).double() for name, array in inputs.items()}
    return {**tensors, **{name: tensors[name].permute(0, 3, 1, 2) for name in ("images", "labelled")}}


@torch.no_grad()
def fill(model: VAEObjective, arrays: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch) -> VAEObjective:
    """The recorded networks, and the recorded noise wherever the model draws some."""
    for parameter in model.parameters():
        parameter.zero_()
    model.encoder.head.mean.weight.copy_(arrays["mean"].T)
    model.encoder.head.log_variance.weight.copy_(arrays["log_variance"].T)
    model.decoder.layers[0].weight.copy_(arrays["decoder"].T)
    monkeypatch.setattr(torch, "randn_like", lambda tensor: arrays["noise"])
    return model


def check(model: VAEObjective, batch: object, expected: np.ndarray) -> None:
    terms = {name: float(torch.as_tensor(value).detach()) for name, value in model(batch, step=0).terms.items()}
    found = [terms[name] for name in TERMS if name in terms]
    assert found == pytest.approx(expected.tolist(), rel=2e-5)


@pytest.mark.parametrize("name", WEAK)
def test_losses_of_pairs(name: str, build, recorded, arrays, monkeypatch) -> None:
    model = fill(build(WEAK[name](beta=2.0), "encoder.num_latent = 4"), arrays, monkeypatch)
    check(model, Pairs(arrays["images"], arrays["changed"].long()), recorded[name])


@pytest.mark.parametrize("label_loss", ["l2", "xent", "cov", "embed"])
@pytest.mark.parametrize("name", SEMI)
def test_losses_with_labels(name: str, label_loss: str, labelled, recorder_of, recorded, arrays, monkeypatch) -> None:
    model, _ = labelled(SEMI[name](**recorder_of("dlib_supervision").SEMI[name]), "encoder.num_latent = 4",
                        f"supervised_loss.loss_fn = @{label_loss}", "embed.sigma = 1.5")
    fill(model, arrays, monkeypatch)
    variables = torch.from_numpy(recorded[f"{name}/{label_loss}/variables"])
    assert variables.numel() == sum(parameter.numel() for parameter in model.supervised_loss.parameters())
    torch.nn.utils.vector_to_parameters(variables.double(), model.supervised_loss.parameters())
    batch = PartlyLabelled(arrays["images"], arrays["labelled"], arrays["labels"])
    check(model, batch, recorded[f"{name}/{label_loss}"])


def test_the_loss_of_mine(labelled, recorder_of, recorded, arrays, monkeypatch) -> None:
    """Its estimators, one after the other, are: weights and biases of the latent, of the label, of the output."""
    model, _ = labelled(S2MineVAE(**recorder_of("dlib_supervision").MINE), "encoder.num_latent = 4")
    fill(model, arrays, monkeypatch)
    networks = model.supervised_loss
    variables = torch.from_numpy(recorded["s2_mine_vae/variables"]).double().reshape(2, 4, -1)
    parts = (networks.of_latent, networks.latent_bias, networks.of_label, networks.label_bias, networks.output)
    with torch.no_grad():
        for parameter, values in zip(parts, variables.split(20, dim=2), strict=False):  # the last is the output's bias
            parameter.copy_(values)
    ranks = arrays["orders"].argsort(dim=2).double()  # what `rand` gives to have these orders
    monkeypatch.setattr(torch, "rand", lambda *shape, **options: ranks)
    losses = model(PartlyLabelled(arrays["images"], arrays["labelled"], arrays["labels"]), step=0)
    names = ("loss", "reconstruction_loss", "supervised_loss", "kl_loss")
    found = [float(losses.terms[name].detach()) for name in names]
    assert found == pytest.approx(recorded["s2_mine_vae"].tolist(), rel=2e-5)
