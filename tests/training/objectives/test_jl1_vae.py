"""JL1-VAE against its authors' code, with fixed weights (goldens/make_jl1_goldens.py), and its schedule."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.architectures.registry import build
from unbraid.training.losses.reconstruction import ReconstructionLoss, bernoulli_probs_loss
from unbraid.training.objectives.beta_vae import BetaVAE
from unbraid.training.objectives.jl1_vae import JL1VAE
from unbraid.training.posterior import Posterior

GOLDENS = Path(__file__).parent.parent / "goldens"
# JL1-VAE's parameter names by ours, in the decoder's order.
ENCODER_NAMES = {"features.0.0": "emb_convs.0", "features.0.2": "emb_convs.1", "features.0.4": "emb_convs.2",
                 "features.0.6": "emb_convs.3", "features.2": "emb_fcs.0", "head.mean": "fcmu",
                 "head.log_variance": "fclogvar"}
DECODER_NAMES = {"layers.0": "gen_fcs.0", "layers.2": "gen_fcs.1", "layers.5.0": "gen_convs.0",
                 "layers.5.2": "gen_convs.1", "layers.5.4": "gen_convs.2", "layers.5.6": "gen_convs.3"}


@pytest.fixture(scope="module")
def recorder(recorder_of) -> ModuleType:
    return recorder_of("jl1")


@pytest.fixture(scope="module")
def goldens() -> dict[str, torch.Tensor]:
    with np.load(GOLDENS / "jl1.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


@pytest.fixture
def model(recorder: ModuleType) -> JL1VAE:
    model = JL1VAE(beta=4.0, gamma=0.1)
    for side, names in (("encoder", ENCODER_NAMES), ("decoder", DECODER_NAMES)):
        network = build({"name": f"jl1_{side}", "arguments": {"image_shape": [1, 64, 64], "num_latent": 4}})
        with torch.no_grad():
            for name, parameter in network.double().named_parameters():
                layer, kind = name.rsplit(".", 1)
                parameter.copy_(torch.from_numpy(recorder.weights(f"{names[layer]}.{kind}", tuple(parameter.shape))))
        setattr(model, side, network)
    model.reconstruction_loss = ReconstructionLoss(bernoulli_probs_loss)
    return model


def test_networks_and_losses_are_the_original_ones(model: JL1VAE, recorder: ModuleType, goldens) -> None:
    images, latents = map(torch.from_numpy, recorder.inputs())
    posterior = Posterior(*model.encoder(images))
    torch.testing.assert_close(posterior.mean, goldens["mean"])
    torch.testing.assert_close(posterior.log_variance, goldens["log_variance"])
    torch.testing.assert_close(model.decode_images(latents)[:, :, ::8, ::8], goldens["decoded"])
    reconstruction = model.reconstruction_loss(model.decoder(latents), images)
    torch.testing.assert_close(reconstruction, goldens["reconstruction"])
    torch.testing.assert_close(reconstruction + model.beta * posterior.kl(), goldens["loss"])


@pytest.mark.parametrize("norm", ["jlone", "jltwo"])
def test_penalty_and_its_gradient_are_the_original_ones(model: JL1VAE, recorder, goldens, norm: str) -> None:
    model.regularization_type = norm
    latents = torch.from_numpy(recorder.inputs()[1])
    penalty = model.penalty(latents)
    torch.testing.assert_close(penalty, goldens[norm])
    gradients = torch.autograd.grad(0.1 * penalty, list(model.decoder.parameters()))
    for kind, summary in (("norms", torch.norm), ("sums", torch.sum)):
        torch.testing.assert_close(torch.stack([summary(gradient) for gradient in gradients]),
                                   goldens[f"{norm}_gradient_{kind}"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("norm", ["jlone", "jltwo"])
def test_single_precision_costs_little(model: JL1VAE, recorder: ModuleType, goldens, norm: str) -> None:
    model.float().regularization_type = norm
    penalty = model.penalty(torch.from_numpy(recorder.inputs()[1]).float())
    # About 1e-4 of noise in each of 49,152 entries.
    torch.testing.assert_close(penalty.double(), goldens[norm], rtol=2e-3, atol=0)


@pytest.mark.parametrize("norm", ["jlone", "jltwo"])
def test_exact_jacobian_agrees_with_forward_differences(model: JL1VAE, goldens, recorder, norm: str) -> None:
    model.regularization_type, model.jacobian = norm, "jvp"
    torch.testing.assert_close(model.penalty(torch.from_numpy(recorder.inputs()[1])), goldens[norm], rtol=1e-2, atol=0)


def test_weights_rise_from_nothing_to_their_values(model: JL1VAE) -> None:
    model.annealing_steps = 10
    posterior = Posterior(torch.ones(2, 4).double(), torch.zeros(2, 4).double())
    seen = {}
    for step in (0, 1, 9, 10, 11):
        value, terms = model.regularizer(posterior, posterior.mean, step)
        seen[step] = terms["beta"], terms["gamma"]
        expected = terms["beta"] * 2.0 + terms["gamma"] * float(terms["jacobian_penalty"].detach())
        assert float(value.detach()) == pytest.approx(expected)
    assert seen[0] == (0, 0)
    assert seen[1] == pytest.approx((0.4, 0.01))
    assert seen[9] == pytest.approx((3.6, 0.09))
    assert seen[10] == seen[11] == pytest.approx((4.0, 0.1))


def test_beta_need_not_be_annealed(model: JL1VAE) -> None:
    model.annealing_steps, model.anneal_beta = 10, False
    posterior = Posterior(torch.ones(2, 4).double(), torch.zeros(2, 4).double())
    terms = model.regularizer(posterior, posterior.mean, 0)[1]
    assert (terms["beta"], terms["gamma"]) == (4.0, 0.0)


def test_without_gamma_it_is_the_beta_vae(model: JL1VAE) -> None:
    model.gamma, beta_vae = 0.0, BetaVAE(beta=4.0)
    beta_vae.encoder, beta_vae.decoder, beta_vae.reconstruction_loss = (model.encoder, model.decoder,
                                                                       model.reconstruction_loss)
    losses = []
    for objective in (model, beta_vae):
        torch.manual_seed(5)
        losses.append(objective(torch.rand(2, 1, 64, 64).double(), 3).minimised["vae"])
    assert losses[0] == losses[1]


def test_penalty_moves_the_decoder_only(model: JL1VAE) -> None:
    images = torch.rand(2, 1, 64, 64).double()
    posterior = Posterior(*model.encoder(images))
    penalty = model.penalty(posterior.sample())
    of_encoder = torch.autograd.grad(penalty, list(model.encoder.parameters()), allow_unused=True, retain_graph=True)
    assert all(gradient is None for gradient in of_encoder)
    of_decoder = torch.autograd.grad(penalty, list(model.decoder.parameters()))
    assert all(bool(gradient.any()) for gradient in of_decoder)


def test_part_of_the_batch_gives_the_penalty_of_that_part(model: JL1VAE) -> None:
    latents = torch.randn(6, 4).double()
    model.jacobian_batch_size = 2
    first = model.penalty(latents)
    model.jacobian_batch_size = None
    torch.testing.assert_close(first, model.penalty(latents[:2]))


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"regularization_type": "jlthree"}, UnknownNameError, "regularization_type 'jlthree'. .*jlone, jltwo"),
    ({"jacobian": "jvpp"}, UnknownNameError, "Unknown jlonevae.jacobian 'jvpp'. Did you mean jvp"),
    ({"step_size": 0.0}, ConfigurationError, "jlonevae.step_size is 0.0"),
    ({"annealing_steps": -1}, ConfigurationError, "jlonevae.annealing_steps -1"),
])
def test_settings_that_make_no_sense_are_refused(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        JL1VAE(beta=1.0, gamma=1.0, **arguments)
