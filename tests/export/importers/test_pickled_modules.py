"""Pickled modules that were allowed are exported and scored with the code beside them, without a word on tensors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import unbraid
from unbraid.common.errors import UserError
from unbraid.evaluation.__main__ import main as evaluate
from unbraid.export import load_decoder, load_representation
from unbraid.export.__main__ import main as export

MODEL = """
import torch


class VAE(torch.nn.Module):
    def __init__(self, num_latents=3):
        super().__init__()
        self.layers, self.pictures = torch.nn.Linear(4096, 2 * num_latents), torch.nn.Linear(num_latents, 4096)

    def encode(self, images):
        return self.layers(images.flatten(1)).chunk(2, 1)

    def decode(self, codes):
        return torch.sigmoid(self.pictures(codes)).view(-1, 1, 64, 64)

    def forward(self, images):
        mean, log_variance = self.encode(images)
        return self.decode(mean), mean, log_variance
"""
SAVE = """
import torch
from NAME import VAE

torch.manual_seed(0)
model = VAE()
torch.save({"model": model, "epoch": 3, "optimizer": torch.optim.Adam(model.parameters())}, "dict.pt")
torch.save(model, "whole.pt")
torch.save(torch.nn.DataParallel(model), "parallel.pt")
torch.save({"first": model, "ema": VAE()}, "two.pt")
torch.save(model.state_dict(), "weights.pt")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: the class in a file, and its pickles, made by a process of its own."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my_pickled_vae.py").write_text(MODEL)
    (folder / "save.py").write_text(SAVE.replace("NAME", "my_pickled_vae"))
    subprocess.run([sys.executable, "save.py"], cwd=folder, check=True, timeout=120)
    return folder


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    sys.modules.pop("my_pickled_vae", None)
    return folder


def run(*words: str) -> int:
    return export(["--data_set", "dsprites_full", "--formats", "torchscript", *words])


@pytest.mark.parametrize(("file", "flags"), [("whole.pt", []), ("dict.pt", []), ("parallel.pt", []),
                                             ("two.pt", ["--state_dict_key", "first"])])
def test_an_allowed_module_is_exported_with_posterior_and_decoder(inside: Path, tmp_path: Path, images: np.ndarray,
                                                                  file: str, flags: list[str]) -> None:
    out = tmp_path / "out"
    assert run("--from", file, "--allow_pickled_code", "--output_dir", str(out), *flags) == 0
    weights = torch.load("weights.pt")
    expected = images.reshape(len(images), -1) @ weights["layers.weight"][:3].numpy().T + \
        weights["layers.bias"][:3].numpy()
    np.testing.assert_allclose(load_representation(out)(images), expected, atol=1e-4)
    assert load_decoder(out).num_latents == 3
    assert (out / "posterior.pt").is_file()


@pytest.mark.parametrize("file", ["whole.pt", "dict.pt", "parallel.pt"])
def test_an_allowed_module_is_a_representation_in_python(inside: Path, images: np.ndarray, file: str) -> None:
    exported = load_representation(file, allow_pickled_code=True)
    weights = torch.load("weights.pt")
    expected = images.reshape(len(images), -1) @ weights["layers.weight"][:3].numpy().T + \
        weights["layers.bias"][:3].numpy()
    np.testing.assert_allclose(exported(images), expected, atol=1e-4)
    with pytest.raises(UserError, match="add allow_pickled_code=True"):
        unbraid.evaluate(file, data="dsprites_full", metrics=["mig"])
    table = unbraid.evaluate(file, data="dsprites_full", metrics=["mig"], bindings=["mig.num_train = 100"],
                             allow_pickled_code=True)
    assert 0 <= table["mig"]["discrete_mig"] <= 1


def test_several_modules_are_chosen_among(inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--from", "two.pt", "--allow_pickled_code", "--output_dir", str(tmp_path / "out")) == 2
    assert "Choose one: --state_dict_key first; --state_dict_key ema." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_allowed_module_is_scored_as_it_is(inside: Path, tmp_path: Path) -> None:
    assert evaluate(["--model_dir", "whole.pt", "--allow_pickled_code", "--output_dir", str(tmp_path / "scores"),
                     "--gin_config", "mig", "--gin_bindings", "mig.num_train = 100",
                     "dataset.name = 'dsprites_full'"]) == 0


@pytest.mark.parametrize(("words", "sentence"), [
    (["--from", "whole.pt"], "add --allow_pickled_code"),
    (["--inspect", "whole.pt"], "add --allow_pickled_code"),
])
def test_without_permission_nothing_is_read(inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                            words: list[str], sentence: str) -> None:
    assert run(*words, "--output_dir", str(tmp_path / "out")) == 2
    assert sentence in capsys.readouterr().err
    assert "my_pickled_vae" not in sys.modules


def test_code_that_is_not_here_is_one_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    sys.modules.pop("my_pickled_vae", None)
    assert run("--from", str(folder / "whole.pt"), "--allow_pickled_code", "--output_dir", "out") == 2
    error = capsys.readouterr().err
    assert "its class cannot be imported (No module named 'my_pickled_vae'). Run the command from the folder" in error
    assert not Path("out").exists()


def test_no_data_set_is_one_sentence(inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["--from", "whole.pt", "--allow_pickled_code", "--output_dir", str(tmp_path / "out")]) == 2
    assert "name the data set with --data_set NAME" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["my_pickled_vae:VAE", "my_pickled_vae.py:VAE", "./my_pickled_vae.py:VAE"])
def test_the_class_of_weights_is_a_module_or_a_file(inside: Path, tmp_path: Path, name: str) -> None:
    assert run("--from", "weights.pt", "--module", name, "--output_dir", str(tmp_path / "out")) == 0
