"""Strangers' finished graphs made artifacts of ours: layout, values, type and outputs folded in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from sklearn.decomposition import PCA

from unbraid.export import load_posterior, load_representation
from unbraid.export.__main__ import main
from unbraid.export.files.locating import locate
from unbraid.ground_truth.sets.three_dots import ThreeDots

Tracer = Callable[..., Path]
WEIGHTS = np.random.RandomState(0).normal(size=(64 * 64, 6)).astype(np.float32) / 50


class Autoencoder(torch.nn.Module):
    """Channels-last images in [0, 255] to a dict with mean, log-variance and a reconstruction."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.from_numpy(WEIGHTS))

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        columns = (images / 255).permute(0, 3, 1, 2).flatten(1) @ self.weights
        return {"logvar": columns[:, 3:], "mu": columns[:, :3], "reconstruction": images}


def theirs(tmp_path: Path, module: torch.nn.Module, shape: tuple[int, ...], kind: str) -> Path:
    """A file without a record."""
    path = tmp_path / f"theirs.{'pt' if kind == 'torchscript' else 'pt2'}"
    if kind == "torchscript":
        torch.jit.save(torch.jit.trace(module, torch.zeros(shape), strict=False), str(path))
    else:
        program = torch.export.export(module, (torch.zeros(shape),), dynamic_shapes=({0: torch.export.Dim("batch")},))
        torch.export.save(program, str(path))
    return path


def export(path: Path, output: Path, *arguments: str) -> int:
    return main(["--from", str(path), "--output_dir", str(output), *arguments])


@pytest.mark.parametrize("kind", ["torchscript", "export"])
def test_the_kind_of_a_graph_is_found(tmp_path: Path, kind: str) -> None:
    assert locate(theirs(tmp_path, Linear(), (2, 1, 64, 64), kind)).kind == kind


def flat(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


@pytest.mark.parametrize(("kind", "formats"), [("torchscript", ["torchscript", "onnx"]),
                                               ("export", ["torchscript", "onnx", "export"])])
def test_torch_graphs_become_artifacts(tmp_path: Path, images: np.ndarray, kind: str, formats: list[str],
                                       capsys: pytest.CaptureFixture[str]) -> None:
    path = theirs(tmp_path, Autoencoder(), (2, 64, 64, 1), kind)
    output = tmp_path / "out"
    assert export(path, output, "--data_set", "threeDots", "--value_range", "0", "255", "--layout", "NHWC") == 0
    assert "mean of 3 latents, images (1, 64, 64)" in capsys.readouterr().out
    for backend in formats:
        representation = load_representation(output, backend)
        assert representation.record is not None
        assert representation.record.source is not None
        assert (representation.record.source["format"], representation.record.source["file"]) == (kind, path.name)
        expected = flat(images) @ WEIGHTS
        np.testing.assert_allclose(representation(images), expected[:, :3], atol=1e-4)
        np.testing.assert_allclose(load_posterior(output, backend)(images)[1], expected[:, 3:], atol=1e-4)
    assert (output / "representation.pt2").exists() == ("export" in formats)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("head", ["halves", "interleaved"])
def test_an_onnx_graph_becomes_an_artifact(tmp_path: Path, images: np.ndarray, dtype: type, head: str) -> None:
    path = onnx_file(tmp_path / "theirs.onnx", dtype)
    assert export(path, tmp_path / "out", "--data_set", "threeDots", "--head", head, "--output", "both") == 0
    assert sorted(file.name for file in (tmp_path / "out").glob("*.onnx")) == ["posterior.onnx", "representation.onnx"]
    onnx.checker.check_model(str(tmp_path / "out" / "representation.onnx"))
    expected = flat(images) @ WEIGHTS
    means, log_variances = (expected[:, :3], expected[:, 3:]) if head == "halves" else (expected[:, 0::2],
                                                                                       expected[:, 1::2])
    tolerance = 1e-4 if dtype is np.float32 else 0.05
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), means, atol=tolerance)
    posterior = load_posterior(tmp_path / "out")(images)
    np.testing.assert_allclose(posterior[0], means, atol=tolerance)
    np.testing.assert_allclose(posterior[1], log_variances, atol=tolerance)


def test_channels_and_statistics_are_folded_into_onnx(tmp_path: Path, images: np.ndarray) -> None:
    path = onnx_file(tmp_path / "theirs.onnx", channels_last=True)
    assert export(path, tmp_path / "out", "--data_set", "threeDots", "--layout", "NHWC", "--output", "both",
                  "--input_statistics", "0.5", "0.25") == 0
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), (flat(images) - 0.5) / 0.25 @ WEIGHTS,
                               atol=1e-3)


class Tokens(torch.nn.Module):
    """Three tokens of two numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.from_numpy(WEIGHTS))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images.flatten(1) @ self.weights).reshape(-1, 3, 2)


@pytest.mark.parametrize("kind", ["torchscript", "export", "onnx"])
def test_tokens_are_laid_side_by_side_or_each_made_one_latent(tmp_path: Path, images: np.ndarray, kind: str,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    if kind == "onnx":
        path = tmp_path / "theirs.onnx"
        torch.onnx.export(Tokens(), (torch.zeros(2, 1, 64, 64),), str(path), dynamo=False, input_names=["x"],
                          output_names=["tokens"], dynamic_axes={"x": {0: "batch"}, "tokens": {0: "batch"}})
    else:
        path = theirs(tmp_path, Tokens(), (2, 1, 64, 64), kind)
    side_by_side = flat(images) @ WEIGHTS
    np.testing.assert_allclose(load_representation(path)(images), side_by_side, atol=1e-4)
    assert main(["--inspect", str(path)]) == 0
    assert "3 tokens of 2 numbers, one after the other" in capsys.readouterr().out
    assert export(path, tmp_path / "out", "--data_set", "threeDots", "--formats", kind) == 0
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), side_by_side, atol=1e-4)
    assert export(path, tmp_path / "pca", "--data_set", "threeDots", "--formats", kind, "--gin_config", "export/pca",
                  "--gin_bindings", "pca_representation.num_points = 200") == 0
    fitted_on = np.asarray(ThreeDots().sample_observations(200, np.random.RandomState(0)))
    tokens, points = (side_by_side.reshape(-1, 3, 2), (flat(fitted_on) @ WEIGHTS).reshape(-1, 3, 2))
    expected = np.concatenate([PCA(1, svd_solver="full").fit(points[:, i]).transform(tokens[:, i]) for i in range(3)],
                              axis=1)
    np.testing.assert_allclose(load_representation(tmp_path / "pca")(images), expected, atol=1e-3)


def test_tokens_of_an_odd_size_have_no_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Odd(Tokens):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return super().forward(images).transpose(1, 2)

    path = theirs(tmp_path, Odd(), (2, 1, 64, 64), "torchscript")
    assert export(path, tmp_path / "out", "--data_set", "threeDots", "--head", "halves") == 2
    assert "output 0 has tokens of 3 numbers, an odd number; --head halves splits an even" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["torchscript", "onnx"])
def test_codes_of_others_are_post_processed_too(tmp_path: Path, images: np.ndarray, traced: Tracer, kind: str) -> None:
    path = onnx_file(tmp_path / "theirs.onnx") if kind == "onnx" else traced(Linear())
    assert export(path, tmp_path / "out", "--data_set", "threeDots", "--output", "both" if kind == "onnx" else "0",
                  "--gin_config", "export/whitened", "--gin_bindings", "whitened_representation.num_points = 100",
                  "whitened_representation.num_components = 2", "--formats", kind) == 0
    representation = load_representation(tmp_path / "out")
    assert representation.record is not None
    assert representation.record.postprocessing == {"name": "whitening", "num_components": 2, "num_points": 100,
                                                    "random_seed": 0, "data_set": "threeDots"}
    fitted_on = np.asarray(ThreeDots().sample_observations(100, np.random.RandomState(0)))
    pca = PCA(2, whiten=True, svd_solver="full").fit((flat(fitted_on) @ WEIGHTS).astype(np.float64))
    np.testing.assert_allclose(representation(images), pca.transform(flat(images) @ WEIGHTS), atol=1e-3)


class Linear(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.from_numpy(WEIGHTS))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1) @ self.weights


class Noisy(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :3] + torch.randn(images.shape[0], 3)


class FixedBatch(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.reshape(4, -1)[:, 100:103]


@pytest.mark.parametrize(("module", "shape", "arguments", "message"), [
    (Noisy(), (1, 1, 64, 64), [], "output 0 is drawn; a graph's mean is exported"),
    (FixedBatch(), (4, 1, 64, 64), [], "takes exactly 4 images at once, and an artifact any number"),
    (Linear(), (1, 1, 64, 64), ["--representation", "sample"], "output 0 is one tensor"),
    (Linear(), (1, 1, 64, 64), ["--formats", "export"], "is torchscript, which is not converted into export; choose "
                                                         "--formats torchscript onnx"),
    (Linear(), (1, 1, 64, 64), ["--value_range", "1", "0"], "expected the smaller number first"),
    (Linear(), (1, 1, 64, 64), ["--input_statistics", "0,0,0", "1", "--data_set", "threeDots"],
     "has 3 numbers, but the images have 1 channels"),
    (Linear(), (1, 1, 64, 64), ["--gin_config", "export/ica"], "name their data set with --data_set"),
])
def test_what_is_no_artifact_is_named(tmp_path: Path, traced: Tracer, capsys: pytest.CaptureFixture[str],
                                      module: torch.nn.Module, shape: tuple[int, ...], arguments: list[str],
                                      message: str) -> None:
    assert export(traced(module, shape), tmp_path / "out", *arguments) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_artifact_of_ours_is_not_imported(tmp_path: Path, exported: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(exported / "representation.onnx", tmp_path / "copy.onnx")
    assert export(tmp_path / "copy.onnx", tmp_path / "out") == 2
    assert "is an artifact of unbraid already" in capsys.readouterr().err


def onnx_file(path: Path, dtype: type = np.float32, channels_last: bool = False) -> Path:
    """Images to six columns `both`, beside the pictures themselves; of any batch size."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    shape = ["n", 64, 64, 1] if channels_last else ["n", 1, 64, 64]
    nodes = [helper.make_node("Transpose", ["images"], ["t"], perm=[0, 3, 1, 2] if channels_last else [0, 1, 2, 3]),
             helper.make_node("Flatten", ["t"], ["flat"], axis=1),
             helper.make_node("MatMul", ["flat", "matrix"], ["both"]),
             helper.make_node("Identity", ["images"], ["pictures"])]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("images", kind, shape)],
        [helper.make_tensor_value_info("pictures", kind, shape), helper.make_tensor_value_info("both", kind, ["n", 6])],
        [numpy_helper.from_array(WEIGHTS.astype(dtype), "matrix")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path
