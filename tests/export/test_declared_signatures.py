"""What a file declares of its input is used first: sizes and types; outputs in the shapes people return."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
import torch

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.export import ArtifactError, load_posterior, load_representation
from unbraid.export.__main__ import main as export
from unbraid.export.error_lines import telling_line
from unbraid.export.errors import InputMismatchError, UnsafeArtifactError
from unbraid.export.foreign.graph_description import Hints

nn = torch.nn
KINDS = ("torchscript", "onnx", "export")


def network(channels: int = 1, height: int = 64, width: int = 64) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(channels, 4, 4, stride=4), nn.Tanh(), nn.Flatten(),
                         nn.Linear(height * width // 4, 5)).eval()


def save(module: nn.Module, example: torch.Tensor, folder: Path, kind: str, is_free: bool = True) -> Path:
    """is_free: whether the file takes any number of images."""
    if kind == "torchscript":
        torch.jit.save(torch.jit.trace(module, example, strict=False, check_trace=False), str(folder / "theirs.pt"))
        return folder / "theirs.pt"
    if kind == "export":
        shapes = ({0: torch.export.Dim("n")},) if is_free else None
        torch.export.save(torch.export.export(module, (example,), dynamic_shapes=shapes), str(folder / "theirs.pt2"))
        return folder / "theirs.pt2"
    torch.onnx.export(module, (example,), str(folder / "theirs.onnx"), dynamo=False, input_names=["x"],
                      dynamic_axes={"x": {0: "n"}} if is_free else None)
    return folder / "theirs.onnx"


def codes_of(module: nn.Module, images: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))).numpy()


class WrittenIn(nn.Module):
    """A batch size in the code, as `view(batch_size, -1)` of a training script leaves it."""

    def __init__(self, size: int):
        super().__init__()
        self.layers, self.size = network(), size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers[3](torch.tanh(self.layers[0](images)).reshape(self.size, 1024))


@pytest.mark.parametrize(("kind", "size"), [("onnx", 1), ("onnx", 48), ("onnx", 300), ("export", 48),
                                            ("torchscript", 50), ("torchscript", 144)])
def test_a_declared_batch_size_is_used(tmp_path: Path, images: np.ndarray, kind: str, size: int) -> None:
    module = WrittenIn(size) if kind == "torchscript" else network()
    path = save(module, torch.rand(size, 1, 64, 64), tmp_path, kind, is_free=False)
    representation = load_representation(path)
    np.testing.assert_allclose(representation(images), codes_of(network(), images), atol=1e-5)
    assert representation.understanding is not None
    assert representation.understanding.batch_size == size


@pytest.mark.parametrize("kind", ["onnx", "export"])
@pytest.mark.parametrize("shape", [(3, 96, 96), (1, 64, 48), (3, 40, 72)])
def test_a_declared_image_size_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str,
                                        shape: tuple[int, int, int]) -> None:
    path = save(network(*shape), torch.rand(2, *shape), tmp_path, kind)
    assert export(["--inspect", str(path)]) == 0
    assert f"images (C, H, W)       {shape}" in capsys.readouterr().out
    with pytest.raises(InputMismatchError, match=r"\(1, 28, 28\).*are not what it declares.* It declares its input as "
                                                 rf"\(N, {shape[0]}, {shape[1]}, {shape[2]}\) float32\."):
        load_representation(path)(np.zeros((2, 28, 28, 1), np.float32))


class OfPixels(nn.Module):
    """Whole numbers from 0 to 255."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = network()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images.float() / 255)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_pixels_of_whole_numbers(tmp_path: Path, images: np.ndarray, kind: str, dtype: torch.dtype) -> None:
    path = save(OfPixels(), torch.zeros(2, 1, 64, 64, dtype=dtype), tmp_path, kind)
    hints = Hints(input_statistics=((0.0,), (1 / 255,))) if kind == "torchscript" else Hints()  # declares no type
    images = (np.rint(images * 255) / 255).astype(np.float32)
    np.testing.assert_allclose(load_representation(path, hints=hints)(images), codes_of(network(), images), atol=1e-5)
    if kind != "torchscript" and dtype is torch.uint8:
        assert export(["--from", str(path), "--output_dir", str(tmp_path / "out"), "--data_set", "threeDots",
                       "--formats", kind]) == 0
        np.testing.assert_allclose(load_representation(tmp_path / "out")(images),
                                   codes_of(network(), images), atol=1e-4)


@pytest.mark.parametrize("kind", ["torchscript", "export"])
def test_bfloat16(tmp_path: Path, images: np.ndarray, kind: str) -> None:
    module = copy.deepcopy(network()).bfloat16()
    path = save(module, torch.rand(2, 1, 64, 64).bfloat16(), tmp_path, kind)
    np.testing.assert_allclose(load_representation(path)(images), codes_of(network(), images), atol=0.03)


def test_the_assumed_layout_is_said_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                 caplog: pytest.LogCaptureFixture) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(4096, 4)).eval()
    path = save(module, torch.rand(2, 64, 64, 1), tmp_path, "torchscript")
    assert evaluate(["--model_dir", str(path), "--output_dir", str(tmp_path / "scores"), "--gin_config", "mig",
                     "--gin_bindings", "dataset.name = 'threeDots'", "mig.num_train = 100"]) == 0
    results = json.loads((tmp_path / "scores/results/json/evaluation_results.json").read_text())
    assert results["artifact_call"]["layout"].startswith("NCHW")
    assert results["artifact_call"]["codes"] == "output 0, 4 latents"


class Gaussian(NamedTuple):
    mu: torch.Tensor
    log_var: torch.Tensor


class Returns(nn.Module):
    """Codes `columns` of the image, returned in some structure."""

    def __init__(self, structure: str):
        super().__init__()
        self.structure = structure
        self.layers, self.spread = network(), network()

    def forward(self, images: torch.Tensor):
        codes, log_variance = self.layers(images), self.spread(images) - 1
        return {"tuple in a tuple": (images, (codes, log_variance)), "named tuple": (images, Gaussian(codes,
                log_variance)), "dict in a dict": {"pictures": images, "posterior": {"mu": codes, "logvar":
                log_variance}}, "unit map": codes[:, :, None, None]}[self.structure]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("structure", "output"), [("tuple in a tuple", "1.0"), ("named tuple", "1.mu"),
                                                   ("dict in a dict", "posterior.mu"), ("unit map", None)])
def test_nested_outputs_are_named_by_their_path(tmp_path: Path, images: np.ndarray, kind: str, structure: str,
                                                output: str | None) -> None:
    if structure != "unit map" and (kind, structure) not in (
            ("torchscript", "tuple in a tuple"), ("torchscript", "named tuple"), ("export", "tuple in a tuple"),
            ("export", "dict in a dict")):
        pytest.skip("ONNX flattens outputs itself; the others do not write every structure")
    path = save(Returns(structure), torch.rand(2, 1, 64, 64), tmp_path, kind)
    hints = Hints(output="1.0" if kind == "torchscript" and structure == "named tuple" else output)
    np.testing.assert_allclose(load_representation(path, hints=hints)(images), codes_of(network(), images), atol=1e-5)
    if structure == "tuple in a tuple":
        with pytest.raises(ArtifactError, match=r"1\.0 \(N, 5\), 1\.1 \(N, 5\)\. Say which with output=NAME"):
            load_representation(path)(images)


class Map(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(1, 6, 16, stride=16)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(images)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("maps", ["tokens", "pooled"])
def test_maps_become_codes_on_request(tmp_path: Path, images: np.ndarray, kind: str, maps: str,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    path = save(Map().eval(), torch.rand(2, 1, 64, 64), tmp_path, kind)
    places = codes_of(Map(), images).transpose(0, 2, 3, 1)
    expected = places.mean(axis=(1, 2)) if maps == "pooled" else places.reshape(32, -1)
    np.testing.assert_allclose(load_representation(path, hints=Hints(maps=maps))(images), expected, atol=1e-5)
    command = ["--from", str(path), "--output_dir", str(tmp_path / "out"), "--data_set", "threeDots", "--formats", kind]
    assert export(command) == 2
    assert "--maps tokens makes a token of C numbers of each place" in capsys.readouterr().err
    assert export([*command, "--maps", maps]) == 0
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), expected, atol=1e-4)


@pytest.mark.parametrize(("kind", "maps", "head"), [
    ("torchscript", "tokens", "halves"), ("torchscript", "tokens", "interleaved"), ("torchscript", "pooled", "halves"),
    ("onnx", "tokens", "halves"), ("onnx", "tokens", "interleaved"), ("export", "tokens", "interleaved"),
])
def test_each_token_has_its_own_mean_and_log_variance(tmp_path: Path, images: np.ndarray, kind: str, maps: str,
                                                      head: str) -> None:
    """Spatial latents of VQ-VAE's kind: a convolution whose channels are means, then log-variances."""
    path = save(Map().eval(), torch.rand(2, 1, 64, 64), tmp_path, kind)
    places = codes_of(Map(), images).transpose(0, 2, 3, 1)
    places = places.mean(axis=(1, 2), keepdims=True) if maps == "pooled" else places
    means, log_variances = np.split(places, 2, axis=3) if head == "halves" else (places[..., 0::2], places[..., 1::2])
    representation = load_representation(path, hints=Hints(maps=maps, head=head))
    np.testing.assert_allclose(representation(images), means.reshape(32, -1), atol=1e-5)
    assert export(["--from", str(path), "--output_dir", str(tmp_path / "out"), "--data_set", "threeDots", "--formats",
                   kind, "--maps", maps, "--head", head]) == 0
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), means.reshape(32, -1), atol=1e-4)
    for found, expected in zip(load_posterior(tmp_path / "out")(images), (means, log_variances), strict=True):
        np.testing.assert_allclose(found, expected.reshape(32, -1), atol=1e-4)


@pytest.mark.parametrize("kind", ["torchscript", "onnx"])
@pytest.mark.parametrize("folder", [".", "deep/er"])
def test_a_folder_with_one_graph_of_any_name_is_read(tmp_path: Path, images: np.ndarray, kind: str,
                                                     folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    path = save(network(), torch.rand(2, 1, 64, 64), tmp_path / folder, kind)
    path = path.rename(path.with_stem("my_encoder"))
    assert load_representation(tmp_path).path == path
    path.with_stem("another").write_bytes(path.read_bytes())
    with pytest.raises(ArtifactError, match=r"holds 2 models .*another.*my_encoder.*give the path of one of them"):
        load_representation(tmp_path)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A snapshot as in Hugging Face's cache: links to files of other names, the weights in a file of their own."""
    path = save(network(), torch.rand(2, 1, 64, 64), tmp_path, "onnx")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshots" / "abc").mkdir(parents=True)
    onnx.save_model(onnx.load(str(path)), str(tmp_path / "blobs" / "model.onnx"), save_as_external_data=True,
                    location="model.onnx_data", size_threshold=0)
    for name, blob in (("model.onnx", "1f00"), ("model.onnx_data", "2e11")):
        (tmp_path / "blobs" / name).rename(tmp_path / "blobs" / blob)
        (tmp_path / "snapshots" / "abc" / name).symlink_to(f"../../blobs/{blob}")
    return tmp_path / "snapshots" / "abc"


def test_links_of_a_cache_are_followed(tmp_path: Path, cache: Path, images: np.ndarray) -> None:
    expected = codes_of(network(), images)
    np.testing.assert_allclose(load_representation(cache)(images), expected, atol=1e-5)
    assert export(["--from", str(cache), "--output_dir", str(tmp_path / "out"), "--data_set", "threeDots"]) == 0
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), expected, atol=1e-4)


def test_a_link_to_elsewhere_is_refused(tmp_path: Path, cache: Path) -> None:
    (cache / "model.onnx_data").unlink()
    (tmp_path / "secret").write_bytes(b"1" * 100_000)
    os.symlink(tmp_path / "secret", cache / "model.onnx_data")
    with pytest.raises(UnsafeArtifactError, match="outside its own folder"):
        load_representation(cache)


@pytest.mark.parametrize(("text", "line"), [
    ("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: x for the following indices\n"
     " index: 0 Got: 2 Expected: 48\n Please fix either the inputs/outputs or the model.",
     "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: x for the following indices "
     "index: 0 Got: 2 Expected: 48"),
    ("The following operation failed in the TorchScript interpreter.\nTraceback of TorchScript, serialized code "
     "(most recent call last):\n  File \"code/__torch__.py\", line 9, in forward\n    ~~~~ <--- HERE\n"
     "RuntimeError: shape '[50, 2048]' is invalid for input of size 4096", "shape '[50, 2048]' is invalid for input of "
                                                                         "size 4096"),
    ("Could not run 'aten::a' with arguments from the 'CUDA' backend.\n\nPythonDispatcher: registered at x.cpp:1",
     "Could not run 'aten::a' with arguments from the 'CUDA' backend."),
    ("", "RuntimeError"),
])
def test_the_line_that_says_something(text: str, line: str) -> None:
    assert telling_line(RuntimeError(text)) == line
