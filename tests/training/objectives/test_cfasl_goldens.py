"""CFASL's losses and gradients against its published code, with fixed weights (goldens/make_cfasl_goldens.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export.importers.gist import CFASL as Importer
from unbraid.export.importers.state import State
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.cfasl import CFASL
from unbraid.training.objectives.control_vae import ControlVAE
from unbraid.training.objectives.lie_group_vae import CommutativeLieGroupVAE
from unbraid.training.objectives.objective import Encoding

GOLDENS = Path(__file__).parents[1] / "goldens" / "cfasl.npz"
GIST = ("encoder.encoder_fn = @gist_cnn_encoder", "decoder.decoder_fn = @gist_cnn_decoder",
        "gist_cnn_encoder.num_hidden = 128", "gist_cnn_decoder.num_hidden = 128")
GIST_LIE = ("encoder.encoder_fn = @gist_lie_encoder", "decoder.decoder_fn = @gist_lie_decoder",
            "gist_lie_encoder.subgroup_sizes = [16]", "gist_lie_decoder.subgroup_sizes = [16]")
TERMS = {"orthogonal": "perpendicular", "parallel": "parallel", "commutative": "commutativity", "sector": "sector",
         "sparse": "sparsity", "equivariant_1": "encoder_equivariance", "equivariant_2": "decoder_equivariance"}
LIE = "commutative_lie_group_vae"
BASES = ("vae", "control_vae", LIE)


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture
def published(build, recorded, recorder_of, monkeypatch):
    """published(base): our model with the weights and options of theirs, its images and its encoding of them."""
    recorder = recorder_of("cfasl")
    bases = {"vae": lambda: BetaVAE(beta=1.0),
             "control_vae": lambda: control_vae(**recorder.CONTROL),
             LIE: lambda: CommutativeLieGroupVAE(**recorder.GROUP, forward_eg_prob=0.0, commutator="transpose")}

    def fill(base: str) -> tuple[CFASL, torch.Tensor, Encoding]:
        monkeypatch.setattr("torch.nn.functional.gumbel_softmax", recorder.switches)
        monkeypatch.setattr(torch, "randint", lambda *arguments, **options: torch.tensor(recorder.CHOSEN))
        images, noise = (torch.from_numpy(array) for array in recorder.inputs())
        model = build(CFASL(bases[base](), threshold=0.2, sub_sec=16, std2="mean", sector_loss="double_softmax",
                            commutativity="source", **recorder.WEIGHTS),
                      *(GIST_LIE if base == LIE else GIST), "encoder.num_latent = 4", image_shape=(1, 64, 64))
        tensors = {name: torch.from_numpy(recorder.weights(name, tuple(shape)))
                   for name, shape in json.loads(str(recorded[f"{base}/shapes"])).items()}
        imported = Importer().convert(State(tensors, Path("model.pt")))
        model.encoder.load_state_dict(imported.encoder.state_dict())
        model.decoder.load_state_dict(imported.decoder.decoder.state_dict())
        for parameter, name in parameters_of_symmetries(model).values():
            parameter.data.copy_(tensors[name])
        posterior = model.encode(images).posterior
        latents = posterior.mean + torch.exp(posterior.log_variance / 2) * noise
        return model.train(), images, Encoding(posterior, latents, model.encode(images).features)

    return fill


def control_vae(t_total: int, const_kld: float, min_beta: float, max_beta: float, k_i: float, k_p: float) -> ControlVAE:
    return ControlVAE(c_max=const_kld, k_p=k_p, k_i=k_i, beta_min=min_beta, beta_max=max_beta, setpoint="linear",
                      setpoint_steps=t_total, controller="cfasl")


def parameters_of_symmetries(model: CFASL) -> dict[str, tuple[torch.nn.Parameter, str]]:
    """Our parameters of the layer of symmetries, with their names there."""
    symmetries, layer = model.symmetries, "group_action_layer"
    return {"codebook": (symmetries.codebook, f"{layer}.group_elements"),
            "selector": (symmetries.selector.weight, f"{layer}.linear.0.weight"),
            "bias": (symmetries.selector.bias, f"{layer}.linear.0.bias")}


@pytest.mark.parametrize("base", BASES)
def test_terms_are_those_of_the_published_code(base: str, published, recorded) -> None:
    model, images, encoding = published(base)
    steps = len([key for key in recorded if key.startswith(f"{base}/") and key.endswith("/loss")])
    assert steps == (3 if base == "control_vae" else 1)
    for step in range(steps):
        reconstruction, regularizer, terms = model.parts(images, encoding, step)
        expected = {name: float(recorded[f"{base}/{step}/{name}"]) for name in (*TERMS, "reconst", "kld", "loss")}
        assert float(reconstruction) == pytest.approx(expected["reconst"], rel=1e-12)
        for theirs, ours in TERMS.items():
            if (base, theirs) != (LIE, "equivariant_2"):
                assert float(terms[ours]) == pytest.approx(expected[theirs], rel=1e-10), theirs
        total = reconstruction + regularizer
        if base == LIE:  # theirs decodes the latents once more instead of the moved ones
            assert expected["equivariant_2"] == expected["reconst"]
            total = total + model.epsilon * (reconstruction - terms["decoder_equivariance"])
        if base == "control_vae":
            assert float(terms["beta"]) == pytest.approx(float(recorded[f"{base}/{step}/beta"]), rel=1e-10)
        assert float(total) == pytest.approx(expected["loss"], rel=1e-12)


@pytest.mark.parametrize("base", BASES)
def test_gradients_are_those_of_the_published_code(base: str, published, recorded) -> None:
    model, images, encoding = published(base)
    for step in range(3 if base == "control_vae" else 1):
        reconstruction, regularizer, terms = model.parts(images, encoding, step)
    loss = reconstruction + regularizer
    if base == LIE:
        loss = loss + model.epsilon * (reconstruction - terms["decoder_equivariance"])
    theirs = dict(zip(json.loads(str(recorded[f"{base}/shapes"])), recorded[f"{base}/gradients"], strict=True))
    checked = {**parameters_of_symmetries(model),
               "encoder": (next(model.encoder.parameters()), "encoder.hidden_layers.0.conv.weight")}
    for name, (parameter, there) in checked.items():
        gradient, = torch.autograd.grad(loss, [parameter], retain_graph=True)
        found = [float(gradient.sum()), float(gradient.norm())]
        assert found == pytest.approx(theirs[there].tolist(), rel=1e-7, abs=1e-9), name
