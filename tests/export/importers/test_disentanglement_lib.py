"""disentanglement_lib: its layers as TensorFlow names and stores them, and TF1 Hub modules that its own code wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, relu

from unbraid.export import ArtifactError, load_posterior, load_representation
from unbraid.export.__main__ import main
from unbraid.export.errors import MissingBackendError
from unbraid.export.importers import tensorflow_module
from unbraid.export.importers.filling import Imported
from unbraid.export.importers.import_checkpoint import import_checkpoint

Tensors = dict[str, torch.Tensor]
GOLDENS = Path(__file__).parent / "goldens" / "tfhub"
LATENTS = 3


def variables(shapes: dict[str, tuple[int, ...]]) -> Tensors:
    """Kernels as given, and biases: of the last axis, or the last but one of a transposed convolution."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in shapes.items():
        tensors[f"{name}/kernel"] = torch.randn(shape, generator=generator) / 10
        tensors[f"{name}/bias"] = torch.randn(shape[-2 if "transpose" in name else -1], generator=generator) / 10
    return tensors


def dense(state: Tensors, name: str, rows: torch.Tensor) -> torch.Tensor:
    return rows @ state[f"{name}/kernel"] + state[f"{name}/bias"]


def conv_shapes(channels: int) -> dict[str, tuple[int, ...]]:
    return {"encoder/e1": (4, 4, channels, 32), "encoder/e2": (4, 4, 32, 32), "encoder/e3": (2, 2, 32, 64),
            "encoder/e4": (2, 2, 64, 64), "encoder/e5": (1024, 256), "encoder/means": (256, LATENTS),
            "encoder/log_var": (256, LATENTS), "decoder/dense": (LATENTS, 256), "decoder/dense_1": (256, 1024),
            "decoder/conv2d_transpose": (4, 4, 64, 64), "decoder/conv2d_transpose_1": (4, 4, 32, 64),
            "decoder/conv2d_transpose_2": (4, 4, 32, 32), "decoder/conv2d_transpose_3": (4, 4, channels, 32)}


def channels_last(images: torch.Tensor) -> torch.Tensor:
    return images.permute(0, 2, 3, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_convolutions_flatten_rows_columns_channels(imported: Callable[..., Imported], channels: int) -> None:
    state = variables(conv_shapes(channels))
    model = imported(state, "disentanglement_lib")
    images, codes = torch.rand(5, channels, 64, 64), torch.randn(5, LATENTS)
    hidden = images
    for i in range(1, 5):
        kernel = state[f"encoder/e{i}/kernel"].permute(3, 2, 0, 1)
        hidden = relu(conv2d(hidden, kernel, state[f"encoder/e{i}/bias"], stride=2, padding=1 if i < 3 else 0))
    hidden = relu(dense(state, "encoder/e5", channels_last(hidden).flatten(1)))
    pictures = relu(dense(state, "decoder/dense_1", relu(dense(state, "decoder/dense", codes))))
    pictures = pictures.reshape(-1, 4, 4, 64).permute(0, 3, 1, 2)
    for i, end in enumerate(("", "_1", "_2", "_3")):
        name = f"decoder/conv2d_transpose{end}"
        pictures = conv_transpose2d(pictures if i == 0 else relu(pictures), state[f"{name}/kernel"].permute(3, 2, 0, 1),
                                    state[f"{name}/bias"], stride=2, padding=1)
    with torch.no_grad():
        for ours, name in zip(model.encoder(images), ("means", "log_var"), strict=True):
            torch.testing.assert_close(ours, dense(state, f"encoder/{name}", hidden), atol=1e-5, rtol=1e-5)
        assert model.decoder is not None
        torch.testing.assert_close(model.decoder(codes), torch.sigmoid(pictures), atol=1e-5, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_dense_networks_take_rows_columns_channels(imported: Callable[..., Imported], channels: int) -> None:
    pixels = 64 * 64 * channels
    state = variables({"encoder/e1": (pixels, 1200), "encoder/e2": (1200, 1200), "encoder/dense": (1200, LATENTS),
                       "encoder/dense_1": (1200, LATENTS), "decoder/dense": (LATENTS, 1200),
                       "decoder/dense_1": (1200, 1200), "decoder/dense_2": (1200, 1200),
                       "decoder/dense_3": (1200, pixels)})
    model = imported(state, "disentanglement_lib")
    images, codes = torch.rand(3, channels, 64, 64), torch.randn(3, LATENTS)
    hidden = relu(dense(state, "encoder/e2", relu(dense(state, "encoder/e1", channels_last(images).flatten(1)))))
    pictures = codes
    for end in ("", "_1", "_2"):
        pictures = torch.tanh(dense(state, f"decoder/dense{end}", pictures))
    pictures = torch.sigmoid(dense(state, "decoder/dense_3", pictures)).reshape(3, 64, 64, channels)
    with torch.no_grad():
        means = dense(state, "encoder/dense", hidden)
        torch.testing.assert_close(model.encoder(images)[0], means, atol=1e-4, rtol=1e-4)
        assert model.decoder is not None
        torch.testing.assert_close(channels_last(model.decoder(codes)), pictures, atol=1e-5, rtol=0)


def test_keys_that_do_not_fit_are_named_as_tensorflow_does(imported: Callable[..., Imported]) -> None:
    state = variables(conv_shapes(1))
    del state["encoder/e2/bias"]
    state |= {"encoder/e4/kernel": torch.zeros(4, 4, 64, 64), "encoder/e9/kernel": torch.zeros(1)}
    with pytest.raises(ArtifactError, match=r"missing: encoder/e2/bias \(32,\); unexpected: encoder/e9/kernel; "
                                            r"misshapen: encoder/e4/kernel \(4, 4, 64, 64\), expected \(2, 2, "):
        imported(state, "disentanglement_lib")


@pytest.fixture(scope="module")
def tensorflow() -> Any:
    return pytest.importorskip("tensorflow")


@pytest.fixture
def module(tmp_path: Path, tensorflow: Any) -> Path:
    """A copy of a trained model's folder."""
    shutil.copytree(GOLDENS / "model", tmp_path / "model")
    return tmp_path / "model" / "tfhub"


@pytest.mark.usefixtures("tensorflow")
@pytest.mark.parametrize(("folder", "statistic"), [("model", "mean"), ("model/tfhub", "mean"),
                                                   ("postprocessed/mean", "mean"), ("postprocessed/sampled", "sample")])
def test_modules_answer_as_tensorflow_ran_them(folder: str, statistic: str) -> None:
    model, origin = import_checkpoint(GOLDENS / folder)
    assert (origin["format"], model.statistic, model.image_shape) == ("disentanglement_lib", statistic, (1, 16, 16))
    with np.load(GOLDENS / "answers.npz") as answers, torch.no_grad():
        images = torch.from_numpy(answers["images"].transpose(0, 3, 1, 2).copy())
        mean, log_variance = model.encoder(images)
        np.testing.assert_allclose(mean, answers["mean"], atol=1e-6)
        np.testing.assert_allclose(mean, answers["representation"], atol=1e-6)
        np.testing.assert_allclose(log_variance, answers["logvar"], atol=1e-6)
        assert model.decoder is not None
        pictures = model.decoder(torch.from_numpy(answers["codes"])).permute(0, 2, 3, 1)
        squashed = (lambda x: np.tanh(x) / 2 + 0.5) if folder.startswith("model") else (lambda x: 1 / (1 + np.exp(-x)))
        np.testing.assert_allclose(pictures, squashed(answers["decoded"]), atol=1e-6)


@pytest.mark.usefixtures("tensorflow")
def test_a_sampling_module_becomes_a_sampling_artifact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    path = str(GOLDENS / "postprocessed" / "sampled")
    assert main(["--from", path, "--output_dir", str(output), "--formats", "torchscript"]) == 0
    assert "sample of 2 latents, images (1, 16, 16)" in capsys.readouterr().out
    with np.load(GOLDENS / "answers.npz") as answers:
        assert not load_representation(output).is_deterministic(answers["images"])
        np.testing.assert_allclose(load_posterior(output)(answers["images"])[0], answers["mean"], atol=1e-6)
    assert main(["--from", path, "--output_dir", str(tmp_path / "mean"), "--formats", "torchscript",
                 "--representation", "mean"]) == 0
    assert "mean of 2 latents" in capsys.readouterr().out


@pytest.mark.usefixtures("tensorflow")
def test_inspect_says_what_a_module_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inspect", str(GOLDENS / "postprocessed" / "sampled")]) == 0
    table = capsys.readouterr().out
    for line in ("google-research/disentanglement_lib", "2 latents", "sample", "(1, 16, 16)"):
        assert line in table


def change(folder: Path, edit: Callable[[Any], None]) -> None:
    """Edits the graph that is used after training."""
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((folder / "saved_model.pb").read_bytes())
    for graph in model.meta_graphs:
        edit(graph)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())


def node(graph: Any, name: str) -> Any:
    return next(node for node in graph.graph_def.node if node.name == name)


def another_op(graph: Any) -> None:
    node(graph, "encoder/e1/MatMul").op = "ReadFile"


def other_weights(graph: Any) -> None:
    node(graph, "encoder/e1/BiasAdd").input[1] = node(graph, "encoder/e2/BiasAdd").input[1]


def other_attributes(graph: Any) -> None:
    node(graph, "encoder/e1/MatMul").attr["transpose_b"].b = True


def other_signatures(graph: Any) -> None:
    for name in list(graph.signature_def):
        del graph.signature_def[name]


def other_images(graph: Any) -> None:
    graph.signature_def["gaussian_encoder"].inputs["images"].tensor_shape.dim[1].size = 32


def training_only(graph: Any) -> None:
    graph.meta_info_def.tags[:] = ["train"]


@pytest.mark.parametrize(("edit", "message"), [
    (another_op, "its graph holds ReadFile beside the arithmetic of an encoder. It is not run"),
    (other_weights, "the networks rebuilt from its variables differ from its own mean by"),
    (other_attributes, "its graph cannot be run on images"),
    (other_signatures, "has the signatures none; expected gaussian_encoder or representation"),
    (other_images, r"takes images (H, W, C) = (32, 16, 1), but its variables are of (16, 16, 1)"),
    (training_only, "holds no graph for use after training"),
])
def test_a_module_that_is_another_is_refused(module: Path, edit: Callable[[Any], None], message: str) -> None:
    change(module, edit)
    with pytest.raises(ArtifactError) as caught:
        import_checkpoint(module)
    assert message in str(caught.value)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(("damage", "message"), [
    (lambda folder: truncate(folder / "saved_model.pb"), "saved_model.pb is no SavedModel, or not downloaded in full"),
    (lambda folder: truncate(folder / "variables" / "variables.index"), "cannot be read as TensorFlow variables"),
    (lambda folder: truncate(folder / "variables" / "variables.data-00000-of-00001"),
     "cannot be read as TensorFlow variables"),
    (lambda folder: (folder / "variables" / "variables.data-00000-of-00001").unlink(), "cannot be read as TensorFlow"),
    (lambda folder: (folder / "variables" / "variables.index").unlink(), "variables.index; expected a whole module"),
])
def test_a_damaged_module_is_named(module: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(module)
    with pytest.raises(ArtifactError) as caught:
        import_checkpoint(module)
    assert message in str(caught.value)


def test_an_unknown_activation_is_named(module: Path) -> None:
    (module.parent / "results" / "gin" / "train.gin").write_text("reconstruction_loss.activation = 'relu'\n")
    with pytest.raises(ArtifactError, match=r"reconstruction_loss\.activation = 'relu'; expected one of logits, tanh"):
        import_checkpoint(module)


def test_without_tensorflow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", None)
    with pytest.raises(MissingBackendError, match=r"needs it: pip install 'unbraid\[tensorflow\]'"):
        tensorflow_module.read_variables(tmp_path)
