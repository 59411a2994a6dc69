"""Exports: every file answers as the eager module, describes itself, or is not there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from unbraid.common.errors import ExistingOutputError, UserError
from unbraid.export import ArtifactError, export_representation, load_representation
from unbraid.export.errors import ExportMismatchError
from unbraid.export.formats import FORMAT_NAMES, get_formats
from unbraid.export.reading.artifact import BACKENDS
from unbraid.export.writing.verification import largest_difference, largest_sampling_error

FILES = ["decoder.onnx", "decoder.pt", "decoder.pt2", "posterior.onnx", "posterior.pt", "posterior.pt2",
         "pytorch_model.pt", "representation.onnx", "representation.pt2"]


def eager_codes(encoder: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return encoder(torch.from_numpy(images.transpose(0, 3, 1, 2)))[0].numpy()


def test_every_format_is_written_as_one_file(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == FILES


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("num_images", [1, 2, 5, 32])
def test_every_format_answers_as_the_module(exported: Path, encoder: torch.nn.Module, images: np.ndarray, backend: str,
                                            num_images: int) -> None:
    codes = load_representation(exported, backend)(images[:num_images])
    np.testing.assert_allclose(codes, eager_codes(encoder, images[:num_images]), atol=1e-5)
    assert codes.dtype == np.float32


@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_every_file_describes_itself(exported: Path, backend: str) -> None:
    record = load_representation(exported, backend).record
    assert record is not None
    assert (record.kind, record.image_shape, record.num_latents) == ("representation", [1, 64, 64], 4)
    assert (record.method, record.data_set, record.representation) == ("vae", "threeDots", "mean")
    assert record.largest_difference is not None
    assert record.largest_difference < 1e-5
    assert record.versions["torch"] == torch.__version__.split("+")[0] or record.versions["torch"] == torch.__version__


def test_the_decoder_answers_as_the_module(exported: Path, decoder: torch.nn.Module) -> None:
    codes = np.random.RandomState(0).normal(size=(3, 4)).astype(np.float32)
    with torch.no_grad():
        expected = decoder(torch.from_numpy(codes)).numpy()
    for file_format in get_formats().values():
        runner = file_format.open(exported / file_format.decoder_file, "cpu")
        np.testing.assert_allclose(runner(codes), expected, atol=1e-5)
        assert runner.record is not None
        assert runner.record.kind == "decoder"


def test_the_onnx_file_is_readable_without_us(exported: Path, images: np.ndarray) -> None:
    path = str(exported / "representation.onnx")
    onnx.checker.check_model(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(["codes"], {"images": images[:3].transpose(0, 3, 1, 2)})
    assert output.shape == (3, 4)


def test_the_torchscript_file_is_what_the_challenge_kit_reads(exported: Path, images: np.ndarray) -> None:
    module = torch.jit.load(str(exported / "pytorch_model.pt"))
    assert module(torch.from_numpy(images[:3].transpose(0, 3, 1, 2).copy())).shape == (3, 4)


def test_a_module_that_returns_codes_needs_no_choice(tmp_path: Path, images: np.ndarray) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 3))
    record = export_representation(module, tmp_path / "out", images, formats=["torchscript"])
    assert record.num_latents == 3
    assert module.training, "the caller's module is copied, not changed"


def test_a_sampled_representation_samples_around_the_mean(tmp_path: Path, encoder: torch.nn.Module,
                                                          images: np.ndarray) -> None:
    export_representation(encoder, tmp_path / "out", images, representation="sample")
    for backend in FORMAT_NAMES:
        representation = load_representation(tmp_path / "out", backend)
        assert not representation.is_deterministic(images)
        assert representation.record is not None
        assert representation.record.representation == "sample"
        assert not representation.is_concurrent, "it draws for the whole batch at once"


class Noisy(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :3] + torch.randn(images.shape[0], 3)


class BranchOnData(torch.nn.Module):
    """Tracing freezes the branch that the example takes; torch.export refuses it."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        flat = images.flatten(1)[:, 2000:2003]
        if images.shape[0] > 2:
            return flat * 2
        return flat


class Cube(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, :, :3, :3]


class NotFinite(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :3] / 0 - images.flatten(1)[:, :3] / 0


@pytest.mark.parametrize(("module", "formats", "message"), [
    (Noisy(), ["torchscript"], "The module draws random numbers: two calls with the same images give other codes"),
    (BranchOnData(), ["torchscript"], r"pytorch_model\.pt does not answer.*batch of 7: differs by .*tolerance"),
    (Cube(), ["torchscript"], r"returns shape \(32, 1, 3, 3\) for 32 images; expected codes \(32, D\)"),
    (NotFinite(), ["torchscript"], "NaN or infinite codes"),
    (torch.nn.Conv2d(3, 1, 3), ["torchscript"], r"fails on images \(N, C, H, W\) = \(32, 1, 64, 64\)"),
])
def test_a_wrong_export_leaves_nothing(tmp_path: Path, images: np.ndarray, module: torch.nn.Module, formats: list[str],
                                       message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        export_representation(module, tmp_path / "out", images, formats=formats, allow_batch_dependence=True)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused(exported: Path, encoder: torch.nn.Module, images: np.ndarray) -> None:
    with pytest.raises(ExistingOutputError, match="already exists"):
        export_representation(encoder, exported, images)
    assert sorted(path.name for path in exported.iterdir()) == FILES


@pytest.mark.parametrize(("change", "message"), [
    (lambda images: images[:4], "at least 8 images"),
    (lambda images: images * 255, r"range from 0 to 255; expected \[0, 1\]"),
    (lambda images: images[..., 0], r"Images have shape \(32, 64, 64\)"),
])
def test_images_must_be_images(tmp_path: Path, encoder: torch.nn.Module, images: np.ndarray, change: Any,
                               message: str) -> None:
    with pytest.raises(UserError, match=message):
        export_representation(encoder, tmp_path / "out", change(images))


def test_an_unknown_representation_is_refused(tmp_path: Path, encoder: torch.nn.Module, images: np.ndarray) -> None:
    with pytest.raises(UserError, match="Unknown representation 'median'; expected one of mean, sample"):
        export_representation(encoder, tmp_path / "out", images, representation="median")


def test_verification_sees_rows_that_depend_on_their_neighbours() -> None:
    inputs = np.random.RandomState(0).normal(size=(9, 3)).astype(np.float32)
    with pytest.raises(ExportMismatchError, match=r"batch of 9: differs.*rows reordered: differs"):
        largest_difference(lambda x: x - x[:1] * (len(x) > 8), lambda x: x, inputs, "file")


def test_verification_reports_shapes_before_values() -> None:
    inputs = np.ones((9, 3), dtype=np.float32)
    with pytest.raises(ExportMismatchError, match=r"batch of 1: shape \(1, 2\), expected \(1, 3\)"):
        largest_difference(lambda x: x[:, :2], lambda x: x, inputs, "file")


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_verification_of_samples_finds_a_wrong_mean(shift: float) -> None:
    draws = np.random.RandomState(0)
    inputs = draws.normal(size=(20, 3)).astype(np.float32)

    def sample(x: np.ndarray) -> np.ndarray:
        return x + shift + draws.normal(size=x.shape)

    if shift:
        with pytest.raises(ExportMismatchError, match="does not sample around its mean"):
            largest_sampling_error(sample, lambda x: x, inputs, "file")
    else:
        assert largest_sampling_error(sample, lambda x: x, inputs, "file") < 1


def test_a_sample_that_never_varies_is_refused() -> None:
    inputs = np.ones((5, 3), dtype=np.float32)
    with pytest.raises(ExportMismatchError, match="does not sample"):
        largest_sampling_error(lambda x: x, lambda x: x, inputs, "file")


def test_the_torchscript_file_loads_from_memory(exported: Path) -> None:
    assert torch.jit.load(io.BytesIO((exported / "pytorch_model.pt").read_bytes())) is not None
