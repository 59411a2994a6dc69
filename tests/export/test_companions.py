"""The posterior beside a representation."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export import ArtifactError, export_representation, load_posterior, load_representation
from unbraid.export.errors import InputMismatchError
from unbraid.export.formats import FORMAT_NAMES


@pytest.mark.parametrize("backend", ["auto", *FORMAT_NAMES])
def test_the_posterior_is_the_modules(exported: Path, encoder: torch.nn.Module, images: np.ndarray,
                                      backend: str) -> None:
    mean, log_variance = load_posterior(exported, backend)(images[:5])
    with torch.no_grad():
        expected = encoder(torch.from_numpy(images[:5].transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(mean, expected[0], atol=1e-5)
    np.testing.assert_allclose(log_variance, expected[1], atol=1e-5)
    np.testing.assert_allclose(mean, load_representation(exported, backend)(images[:5]), atol=1e-5)


@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_every_posterior_says_what_its_columns_are(exported: Path, backend: str) -> None:
    record = load_posterior(exported, backend).record
    assert (record.kind, record.columns, record.num_latents) == ("posterior", ["mean", "log_variance"], 4)
    assert record.largest_difference is not None
    assert record.largest_difference < 1e-5


def test_it_is_found_from_the_folder_the_run_and_any_file(exported: Path, images: np.ndarray) -> None:
    paths = [exported, exported.parent, exported / "representation.onnx", exported / "pytorch_model.pt"]
    for path in [*paths, exported / "posterior.onnx"]:
        assert load_posterior(path)(images[:2])[1].shape == (2, 4)


def test_a_sampling_export_has_the_same_posterior(tmp_path: Path, exported: Path, encoder: torch.nn.Module,
                                                  images: np.ndarray) -> None:
    export_representation(encoder, tmp_path / "out", images, representation="sample", formats=["torchscript"])
    for ours, expected in zip(load_posterior(tmp_path / "out")(images), load_posterior(exported)(images), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_an_autoencoder_has_no_posterior(tmp_path: Path, images: np.ndarray) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 3))
    export_representation(module, tmp_path / "out", images, formats=["torchscript"])
    with pytest.raises(ArtifactError, match=r"holds no exported posterior: expected .*posterior\.pt.*mean and log-var"):
        load_posterior(tmp_path / "out")


def test_another_kind_of_file_is_named(exported: Path, tmp_path: Path) -> None:
    shutil.copy(exported / "decoder.onnx", tmp_path / "posterior.onnx")
    with pytest.raises(ArtifactError, match=r"posterior\.onnx is a decoder; expected a posterior"):
        load_posterior(tmp_path)
    with pytest.raises(ArtifactError, match=r"posterior\.onnx is a posterior, not a representation"):
        load_representation(exported / "posterior.onnx")


def test_a_strangers_file_is_no_posterior(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 6))
    torch.jit.save(torch.jit.trace(module, torch.zeros(2, 1, 64, 64)), str(tmp_path / "posterior.pt"))
    with pytest.raises(ArtifactError, match="somebody else's file, without a record of unbraid; expected a posterior"):
        load_posterior(tmp_path)


def test_what_does_not_fit_is_named(exported: Path) -> None:
    with pytest.raises(InputMismatchError, match=r"posterior\.onnx was made for images \(C, H, W\) = \(1, 64, 64\)"):
        load_posterior(exported)(np.zeros((2, 32, 32, 1)))
