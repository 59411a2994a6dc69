"""Losses of exported models, beside an independent computation with torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from unbraid.evaluation.__main__ import main
from unbraid.export import export_representation
from unbraid.ground_truth.all_images import observations_in_order
from unbraid.ground_truth.bases.parts import DataPart
from unbraid.ground_truth.sets.dsprites import DSprites
from unbraid.ground_truth.sets.three_dots import ThreeDots

EXPECTED = {
    "bernoulli": lambda made, images: functional.binary_cross_entropy(made, images, reduction="sum"),
    "l2": lambda made, images: functional.mse_loss(made, images, reduction="sum"),
    "gaussian_disvae": lambda made, images: 255 * functional.mse_loss(made, images, reduction="sum"),
    "laplace_disvae": lambda made, images: 3 * functional.l1_loss(made, images, reduction="sum"),
}


def scores(model: Path, output: Path, *bindings: str) -> dict[str, float]:
    assert main(["--model_dir", str(model), "--output_dir", str(output), "--gin_config", "vae_losses",
                 "--gin_bindings", *bindings]) == 0
    return json.loads((output / "results" / "json" / "evaluation_results.json").read_text())


def expected(encoder: torch.nn.Module, decoder: torch.nn.Module, images: object,
             loss: str) -> tuple[float, list[float]]:
    batch = torch.from_numpy(np.asarray(images).transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        mean, log_variance = encoder(batch)
        reconstruction = EXPECTED[loss](decoder(mean), batch) / len(batch)
        normal = torch.distributions.Normal(mean, (log_variance / 2).exp())
        kl = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).mean(0)
    return float(reconstruction), kl.tolist()


@pytest.mark.parametrize("loss", EXPECTED)
def test_losses_equal_those_of_torch(exported: Path, tmp_path: Path, encoder, decoder, loss: str) -> None:
    found = scores(exported, tmp_path / "out", f"vae_losses.loss = '{loss}'", "vae_losses.num_images = 300",
                   "vae_losses.batch_size = 128")
    images = ThreeDots().sample_observations(300, np.random.RandomState(0))
    reconstruction, kl = expected(encoder, decoder, images, loss)
    assert found["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-5)
    assert [found[f"kl_loss_{latent}"] for latent in range(4)] == pytest.approx(kl, rel=1e-4)
    assert found["kl_loss"] == pytest.approx(sum(kl), rel=1e-4)
    assert found["elbo"] == pytest.approx(-reconstruction - sum(kl), rel=1e-5)
    assert found["num_images"] == 300


@pytest.fixture(scope="module")
def of_dsprites(tmp_path_factory: pytest.TempPathFactory, encoder, decoder) -> Path:
    """A model whose training held out half of the images, as its record says."""
    folder = tmp_path_factory.mktemp("run") / "representation"
    images = np.asarray(DSprites().sample_observations(8, np.random.RandomState(0)))
    export_representation(encoder, folder, images, decoder=decoder, method="vae", data_set="dsprites_full",
                          formats=["onnx"], gin_config="dataset.split = 0.5\ndataset.split_seed = 3\n")
    return folder


def test_a_part_is_that_which_the_training_held_out(of_dsprites: Path, tmp_path: Path, encoder, decoder) -> None:
    found = scores(of_dsprites, tmp_path / "out", "dataset.part = 'held_out'", "vae_losses.num_images = 40")
    part = DataPart(DSprites(), 0.5, "held_out", 3)
    images = part.sample_observations(40, np.random.RandomState(0))
    assert found["reconstruction_loss"] == pytest.approx(expected(encoder, decoder, images, "bernoulli")[0], rel=1e-5)


def test_a_range_is_of_the_images_in_order(of_dsprites: Path, tmp_path: Path, encoder, decoder) -> None:
    found = scores(of_dsprites, tmp_path / "out", "vae_losses.image_range = (100, 130)")
    images = observations_in_order(DSprites())[100:130]
    assert found["num_images"] == 30
    assert found["reconstruction_loss"] == pytest.approx(expected(encoder, decoder, images, "bernoulli")[0], rel=1e-5)


@pytest.mark.parametrize(("bindings", "sentence"), [
    (["vae_losses.image_range = (5, 3)"], "vae_losses.image_range is (5, 3); expected two numbers in increasing order"),
    (["vae_losses.loss = 'l3'"], "vae_losses.loss"),
    (["evaluation.evaluation_fn = @beta_vae_sklearn", "beta_vae_sklearn.num_train = 10", "dataset.part = 'train'",
      "beta_vae_sklearn.num_eval = 10", "beta_vae_sklearn.batch_size = 4"], "chooses images by their factors")])
def test_what_cannot_be_scored_is_one_sentence(of_dsprites: Path, tmp_path: Path, capsys, bindings: list[str],
                                               sentence: str) -> None:
    status = main(["--model_dir", str(of_dsprites), "--output_dir", str(tmp_path / "out"), "--gin_config", "vae_losses",
                   "--gin_bindings", *bindings])
    assert status in (1, 2)
    assert sentence in capsys.readouterr().err


def test_models_without_a_decoder_are_refused(tmp_path: Path, encoder, images, capsys) -> None:
    export_representation(encoder, tmp_path / "representation", images, data_set="threeDots", formats=["onnx"])
    main(["--model_dir", str(tmp_path / "representation"), "--output_dir", str(tmp_path / "out"),
          "--gin_config", "vae_losses"])
    assert "decoder" in capsys.readouterr().err
    assert not (tmp_path / "out" / "results").exists()
