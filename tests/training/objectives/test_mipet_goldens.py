"""MIPET's losses and gradients against its published code, with fixed weights (goldens/make_mipet_goldens.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export.importers.gist import MIPET as Importer
from unbraid.export.importers.state import State
from unbraid.training.objectives.beta_tc_vae import BetaTCVAE
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.lie_group_vae import CommutativeLieGroupVAE
from unbraid.training.objectives.mipet import MIPET
from unbraid.training.objectives.objective import Encoding

GOLDENS = Path(__file__).parents[1] / "goldens" / "mipet.npz"
# With the published code's estimator of the total correlation and its "commutator".
BASES = {
    "vae": lambda: MIPET(BetaVAE(beta=1.0), num_transformations=2),
    "beta_tc_vae": lambda: MIPET(BetaTCVAE(beta=4.0, tc_estimator="mss_disvae"), num_transformations=2),
    "commutative_lie_group_vae": lambda: MIPET(CommutativeLieGroupVAE(
        hy_hes=40.0, hy_rec=0.1, hy_commute=20.0, forward_eg_prob=0.0, commutator="transpose"), num_transformations=1),
}
GIST = ("encoder.encoder_fn = @gist_cnn_encoder", "decoder.decoder_fn = @gist_cnn_decoder",
        "gist_cnn_encoder.num_hidden = 128", "gist_cnn_decoder.num_hidden = 128")
GIST_LIE = ("encoder.encoder_fn = @gist_lie_encoder", "decoder.decoder_fn = @gist_lie_decoder",
            "gist_lie_encoder.subgroup_sizes = [16]", "gist_lie_decoder.subgroup_sizes = [16]")


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture
def published(build, recorded, recorder_of):
    """published(base): our model with the weights of theirs, its images and its encoding of them."""

    def fill(base: str) -> tuple[MIPET, torch.Tensor, Encoding]:
        recorder = recorder_of("mipet")
        images, noise = (torch.from_numpy(array) for array in recorder.inputs())
        networks = GIST_LIE if "lie" in base else GIST
        model = build(BASES[base](), *networks, "encoder.num_latent = 4", image_shape=(1, 64, 64))
        tensors = {name: torch.from_numpy(recorder.weights(name, tuple(shape)))
                   for name, shape in json.loads(str(recorded[f"{base}/shapes"])).items()}
        imported = Importer().convert(State(tensors, Path("model.pt")))
        model.encoder.load_state_dict(imported.encoder.state_dict())
        model.decoder.load_state_dict(imported.decoder.decoder.state_dict())
        fill_units(model, tensors)
        posterior = model.encode(images).posterior
        latents = posterior.mean + torch.exp(posterior.log_variance / 2) * noise
        return model, images, Encoding(posterior, latents, model.encode(images).features)

    return fill


def unit_prefixes(base: str) -> list[str]:
    return ["inv_equ.subobj"] if "lie" in base else [f"inv_equ.{i}.subobj" for i in range(2)]


def their_names(prefixes: list[str]) -> dict[str, list[str]]:
    """Names of our stacked tensors to theirs, unit by unit."""
    maps = {"of_latents": "z_parameter_generator.layers.{}", "of_noise": "eps_parameter_generator.layers.{}",
            "statistics": "suff_stat.layers.{}", "normaliser": "log_norm.w{}"}
    names = {}
    for ours, theirs in maps.items():
        for number, part in enumerate(("first", "second")):
            number_there = number + 1 if ours == "normaliser" else number
            names[f"{ours}.{part}"] = [f"{prefix}.{theirs.format(number_there)}" for prefix in prefixes]
    return names


@torch.no_grad()
def fill_units(model: MIPET, tensors: dict[str, torch.Tensor]) -> None:
    prefixes = unit_prefixes(model.base.method)
    for ours, theirs in their_names(prefixes).items():
        model.units.get_parameter(ours).copy_(torch.stack([tensors[name] for name in theirs]))
    model.units.mixing.copy_(torch.stack([tensors[f"{prefix}.lambda_.weight"].T for prefix in prefixes]))
    model.units.mixing_bias.copy_(torch.stack([tensors[f"{prefix}.lambda_.bias"][None] for prefix in prefixes]))


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("base", BASES)
def test_terms_are_those_of_the_published_code(base: str, mode: str, published, recorded) -> None:
    model, images, encoding = published(base)
    reconstruction, regularizer, terms = model.train(mode == "train").parts(images, encoding, 0)
    expected = {key.split("/")[2]: float(value) for key, value in recorded.items() if key.startswith(f"{base}/{mode}/")}
    assert float(reconstruction + regularizer) == pytest.approx(expected["loss"], rel=1e-12)
    assert float(reconstruction) == pytest.approx(expected["reconst"], rel=1e-12)
    assert float(encoding.posterior.kl()) == pytest.approx(expected["origin_kld"], rel=1e-10)
    assert float(terms["similarity"] + terms["calibration"]) == pytest.approx(expected["reg"], rel=1e-10)
    if base == "beta_tc_vae":
        assert float(terms["mutual_information"]) == pytest.approx(expected["mi"], rel=1e-10)
        assert float(terms["total_correlation"]) == pytest.approx(expected["tc"], rel=1e-10)
    else:
        assert float(terms["ef_kl"]) == pytest.approx(expected["kld"], rel=1e-8)


@pytest.mark.parametrize("base", BASES)
def test_gradients_are_those_of_the_published_code(base: str, published, recorded) -> None:
    model, images, encoding = published(base)
    loss = sum(model.train().parts(images, encoding, 0)[:2])
    theirs = dict(zip(json.loads(str(recorded[f"{base}/shapes"])), recorded[f"{base}/gradients"], strict=True))
    names = their_names(unit_prefixes(base))
    gradients = torch.autograd.grad(loss, [model.units.get_parameter(name) for name in names])
    for gradient, units in zip(gradients, names.values(), strict=True):
        for unit, name in enumerate(units):
            ours = [float(gradient[unit].sum()), float(gradient[unit].norm())]
            assert ours == pytest.approx(theirs[name].tolist(), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("base", BASES)
def test_gradients_of_the_networks_are_those_of_the_published_code(base: str, published, recorded) -> None:
    model, images, encoding = published(base)
    total = sum(model.train().parts(images, encoding, 0)[:2])
    theirs = dict(zip(json.loads(str(recorded[f"{base}/shapes"])), recorded[f"{base}/gradients"], strict=True))
    prefix = "inv_equ" if "lie" in base else "inv_equ.1"
    first_layer = next(model.encoder.parameters())
    checked = {"encoder.hidden_layers.0.conv.weight": first_layer, f"{prefix}.w1": model.decoder.generators[0],
               f"{prefix}.w2": model.decoder.generators[1]}
    for name, parameter in checked.items():
        gradient = torch.autograd.grad(total, parameter, retain_graph=True)[0]
        gradient = gradient if parameter is first_layer else gradient[-1]
        assert [float(gradient.sum()), float(gradient.norm())] == pytest.approx(theirs[name].tolist(), rel=1e-8)
