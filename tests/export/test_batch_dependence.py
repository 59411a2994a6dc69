"""A row's output may not depend on the other rows of its batch: found in every format and from every source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.export import export_representation, load_posterior, load_representation
from unbraid.export.__main__ import main as export
from unbraid.export.errors import BatchDependenceError
from unbraid.export.reading.batch_dependence import batch_dependence

nn = torch.nn
SHAPE = (4, 1, 64, 64)


def network(*norms: nn.Module, num_latents: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 8, 8, stride=8), *norms, nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, num_latents))


class Encoder(nn.Module):
    """(mean, log-variance) with a layer between."""

    def __init__(self, norm: nn.Module):
        super().__init__()
        self.layers = network(norm, num_latents=6)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.layers(images).chunk(2, dim=1)


class Centred(nn.Module):
    """Codes with a share of the batch's mean taken off."""

    def __init__(self, share: float):
        super().__init__()
        self.layers, self.share = network(), share

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        codes = self.layers(images)
        return codes - self.share * codes.mean(dim=0)


class Counted(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, 1000:1003] / images.shape[0]


class Numbered(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, 1000:1003] + torch.arange(images.shape[0])[:, None] * 0.01


class NoisyCentred(Centred):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images) + 0.1 * torch.randn(images.shape[0], 3)


DEPENDENT = {
    "batch norm in training mode": network(nn.BatchNorm2d(8)),
    "batch norm without statistics": network(nn.BatchNorm2d(8, track_running_stats=False)),
    "batch norm in training mode, dropout": network(nn.BatchNorm2d(8), nn.Dropout(0.5)),
    "mean of the batch": Centred(1.0),
    "a little of the mean of the batch": Centred(1e-5),
    "size of the batch": Counted(),
    "number of the row": Numbered(),
    "mean of the batch, random numbers": NoisyCentred(1.0),
}
INDEPENDENT = {
    "batch norm": network(nn.BatchNorm2d(8)).eval(),
    "instance norm": network(nn.InstanceNorm2d(8, affine=True)),
    "group norm": network(nn.GroupNorm(2, 8)),
    "layer norm": network(nn.LayerNorm([8, 8, 8])),
    "dropout": network(nn.Dropout(0.5)),
    "large": nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.Tanh(), nn.Conv2d(32, 32, 4, 2, 1), nn.Tanh(), nn.Flatten(),
                           nn.Linear(32 * 256, 512), nn.Tanh(), nn.Linear(512, 10)),
    "attention": nn.Sequential(nn.Flatten(), nn.Unflatten(1, (64, 64)),
                               nn.TransformerEncoderLayer(64, 2, 64, batch_first=True, dropout=0), nn.Flatten(),
                               nn.Linear(4096, 3)),
}


def save(module: nn.Module, path: Path, kind: str) -> Path:
    """Saves a module in the mode it is in, as somebody who forgets `.eval()` does."""
    example = torch.rand(SHAPE)
    if kind == "torchscript":
        torch.jit.save(torch.jit.trace(module, example, check_trace=False), str(path / "theirs.pt"))
        return path / "theirs.pt"
    if kind == "export":
        program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("n")},), strict=False)
        torch.export.save(program, str(path / "theirs.pt2"))
        return path / "theirs.pt2"
    torch.onnx.export(module, (example,), str(path / "theirs.onnx"), dynamo=False, input_names=["x"],
                      dynamic_axes={"x": {0: "n"}}, do_constant_folding=False,
                      training=torch.onnx.TrainingMode.TRAINING if module.training else torch.onnx.TrainingMode.EVAL)
    return path / "theirs.onnx"


def cases(modules: dict[str, nn.Module]) -> list[tuple[str, str]]:
    """Every module as TorchScript and ONNX, as far as torch writes it, and the first two as torch.export."""
    return [*((name, kind) for name in modules for kind in ("torchscript", "onnx")
              if (name, kind) != ("batch norm without statistics", "onnx")),
            *((name, "export") for name in list(modules)[:2])]


@pytest.mark.parametrize(("name", "kind"), cases(DEPENDENT))
def test_a_dependence_is_refused_in_every_format(tmp_path: Path, images: np.ndarray, name: str, kind: str) -> None:
    representation = load_representation(save(DEPENDENT[name], tmp_path, kind))
    with pytest.raises(BatchDependenceError, match=r"depends on the other rows of its batch: .* it differs by .*, "
                                                   r"where outputs span .*\.eval\(\) before tracing.*"
                                                   r"allow_batch_dependence=True uses it all the same"):
        representation(images)


@pytest.mark.parametrize(("name", "kind"), cases(INDEPENDENT))
def test_independent_rows_pass_in_every_format(tmp_path: Path, images: np.ndarray, name: str, kind: str) -> None:
    module = INDEPENDENT[name] if name == "dropout" else INDEPENDENT[name].eval()
    representation = load_representation(save(module, tmp_path, kind))
    representation(images)
    assert representation.batch_dependence == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_rounding_of_other_precisions_is_no_dependence(images: np.ndarray, dtype: torch.dtype) -> None:
    module = INDEPENDENT["large"].to(dtype)

    def encode(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return module(torch.from_numpy(rows.transpose(0, 3, 1, 2)).to(dtype)).float().numpy()

    assert batch_dependence(encode, images) is None
    module.float()


def test_a_batch_of_one_image_is_enough(images: np.ndarray) -> None:
    module = DEPENDENT["mean of the batch"]

    def encode(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return module(torch.from_numpy(np.ascontiguousarray(rows.transpose(0, 3, 1, 2)))).numpy()

    assert batch_dependence(encode, images[:1]) is not None


def test_a_fixed_batch_size_does_not_hide_it(tmp_path: Path, images: np.ndarray) -> None:
    class Fixed(Centred):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return super().forward(images.reshape(4, 1, 64, 64))

    with pytest.raises(BatchDependenceError):
        load_representation(save(Fixed(1.0), tmp_path, "torchscript"))(images)


@pytest.fixture
def int8(tmp_path: Path) -> Path:
    """Dynamic quantisation: the range of a batch sets how each of its rows is rounded."""
    quantization = pytest.importorskip("onnxruntime.quantization")
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(4096, 64), nn.ReLU(), nn.Linear(64, 3)).eval()
    path = save(module, tmp_path, "onnx")
    quantization.quantize_dynamic(str(path), str(tmp_path / "int8.onnx"),
                                  weight_type=quantization.QuantType.QUInt8)
    return tmp_path / "int8.onnx"


def test_dynamic_quantisation_is_refused(int8: Path, images: np.ndarray) -> None:
    with pytest.raises(BatchDependenceError, match="dynamic quantisation"):
        load_representation(int8)(images)


def score(path: Path, output: Path, *arguments: str) -> int:
    return evaluate(["--model_dir", str(path), "--output_dir", str(output), "--gin_config", "mig", "--gin_bindings",
                     "dataset.name = 'threeDots'", "mig.num_train = 100", *arguments])


def test_scoring_refuses_it_and_records_what_is_allowed(tmp_path: Path, int8: Path,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    assert score(int8, tmp_path / "scores") == 2
    assert "--allow_batch_dependence uses it all the same" in capsys.readouterr().err
    assert not (tmp_path / "scores").exists()
    assert score(int8, tmp_path / "scores", "--allow_batch_dependence") == 0
    results = json.loads((tmp_path / "scores/results/json/evaluation_results.json").read_text())
    assert results["artifact_batch_dependence"] > 0


@pytest.mark.parametrize("kind", ["torchscript", "onnx", "export"])
def test_exporting_a_graph_refuses_it_and_records_what_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                                  kind: str) -> None:
    path = save(DEPENDENT["batch norm without statistics"].eval() if kind == "export" else DEPENDENT[
        "batch norm in training mode"], tmp_path, kind)
    arguments = ["--from", str(path), "--output_dir", str(tmp_path / "out"), "--data_set", "threeDots",
                 "--formats", kind]
    assert export(arguments) == 2
    assert "depends on the other rows of its batch" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert export([*arguments, "--allow_batch_dependence"]) == 0
    representation = load_representation(tmp_path / "out")
    assert representation.record is not None
    assert representation.record.batch_dependence > 0.01


@pytest.mark.parametrize("part", ["representation", "posterior", "decoder"])
def test_a_module_of_ones_own_is_refused(tmp_path: Path, images: np.ndarray, encoder: nn.Module, decoder: nn.Module,
                                         part: str) -> None:
    class Whitened(nn.Module):
        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(decoder(codes - codes.mean(dim=0)))

    class HalfNormed(Encoder):
        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
            mean, log_variance = super().forward(images)
            return mean, log_variance - log_variance.mean(dim=0)

    modules = {"representation": (Encoder(nn.BatchNorm2d(8, track_running_stats=False)), decoder),
               "posterior": (HalfNormed(nn.Identity()), decoder), "decoder": (encoder_of_three(), Whitened())}
    network_of_part, decoder_of_part = modules[part]
    with pytest.raises(BatchDependenceError, match=f"The {part} of the module: the output"):
        export_representation(network_of_part, tmp_path / "out", images, formats=["torchscript"],
                              decoder=decoder_of_part if part == "decoder" else None)
    assert not (tmp_path / "out").exists()


def encoder_of_three() -> nn.Module:
    """Four latents, as the fixture `decoder` takes them."""
    return network(num_latents=4)


def test_an_old_artifact_is_looked_at_too(tmp_path: Path, images: np.ndarray) -> None:
    export_representation(Encoder(nn.BatchNorm2d(8, track_running_stats=False)), tmp_path / "out", images,
                          formats=["torchscript"], allow_batch_dependence=True)
    for load in (load_representation, load_posterior):
        with pytest.raises(BatchDependenceError):
            load(tmp_path / "out")(images)
        opened: Callable = load(tmp_path / "out", allow_batch_dependence=True)
        opened(images)
        assert opened.batch_dependence > 0.01  # type: ignore[attr-defined]


def test_a_class_of_ones_own_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "normed_networks.py").write_text(
        "import torch\nclass Net(torch.nn.Sequential):\n    def __init__(self):\n        super().__init__("
        "torch.nn.Flatten(), torch.nn.Linear(4096, 3), torch.nn.BatchNorm1d(3, track_running_stats=False))\n")
    torch.save({"1.weight": torch.randn(3, 4096), "1.bias": torch.zeros(3), "2.weight": torch.ones(3),
                "2.bias": torch.zeros(3)}, "weights.pt")
    assert export(["--from", "weights.pt", "--module", "normed_networks:Net", "--data_set", "threeDots", "--output_dir",
                   "out", "--formats", "torchscript"]) == 2
    assert "--allow_batch_dependence" in capsys.readouterr().err


def test_training_mode_in_onnx_is_refused(tmp_path: Path, images: np.ndarray) -> None:
    """BatchNormalization(training_mode=1), as other frameworks write it."""
    statistics = {"scale": 1.0, "bias": 0.0, "mean": 0.0, "variance": 1.0}
    tensors = [helper.make_tensor(name, TensorProto.FLOAT, [1], [value]) for name, value in statistics.items()]
    graph = helper.make_graph(
        [helper.make_node("BatchNormalization", ["x", *statistics], ["y", "m", "v"],
                          training_mode=1),
         helper.make_node("Flatten", ["y"], ["f"], axis=1),
         helper.make_node("Gather", ["f", "i"], ["codes"], axis=1)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 64, 64])],
        [helper.make_tensor_value_info("codes", TensorProto.FLOAT, ["n", 3])],
        [*tensors, helper.make_tensor("i", TensorProto.INT64, [3], [100, 200, 300])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.save(model, str(tmp_path / "theirs.onnx"))
    with pytest.raises(BatchDependenceError):
        load_representation(tmp_path / "theirs.onnx")(images)
