"""Strangers' graphs: what they take and give is found, asked for with one flag, or named in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from unbraid.export import ArtifactError, load_representation
from unbraid.export.__main__ import main
from unbraid.export.errors import UnsafeArtifactError
from unbraid.export.foreign.graph_description import Hints

Tracer = Callable[..., Path]


class Flat(torch.nn.Module):
    """The first three pixels of the channels-first image, or of the channels-last one."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :3]


class ChannelsLast(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(1, 2, 64)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(images.permute(0, 3, 1, 2)).flatten(1)


class Many(torch.nn.Module):
    """A whole autoencoder in one graph."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        flat = images.flatten(1)
        return images, flat[:, :4], flat[:, 4:8], flat[:, :4] + torch.randn(flat.shape[0], 4)


class FixedBatch(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.reshape(4, -1)[:, 100:103]


def pixels(images: np.ndarray, first: int, last: int) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)[:, first:last]


def test_channels_last_is_found(traced: Tracer, images: np.ndarray) -> None:
    module = ChannelsLast()
    representation = load_representation(traced(module, (2, 64, 64, 1)))
    with torch.no_grad():
        np.testing.assert_allclose(representation(images), module(torch.from_numpy(images)), atol=1e-5)


def test_a_fixed_batch_is_run_in_chunks(traced: Tracer, images: np.ndarray) -> None:
    representation = load_representation(traced(FixedBatch(), (4, 1, 64, 64)))
    for count in (1, 4, 7, 32):
        np.testing.assert_array_equal(representation(images[:count]), pixels(images[:count], 100, 103))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 1e-3), (torch.float64, 1e-6)])
def test_other_float_types_are_found(traced: Tracer, images: np.ndarray, dtype: torch.dtype, tolerance: float,
                                     tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 3)).to(dtype)
    path = tmp_path / "theirs.pt"
    torch.jit.save(torch.jit.trace(module, torch.zeros(2, 1, 64, 64, dtype=dtype)), str(path))
    codes = load_representation(path)(images)
    with torch.no_grad():
        expected = module.double()(torch.from_numpy(images.transpose(0, 3, 1, 2)).double())
    assert codes.dtype == np.float32
    np.testing.assert_allclose(codes, expected, atol=tolerance * 10)


def test_one_of_several_outputs_is_chosen(traced: Tracer, images: np.ndarray) -> None:
    path = traced(Many())
    with pytest.raises(ArtifactError, match=r"several outputs that could be the codes: .*1 \(N, 4\).*3 \(N, 4\) "
                                            r"\(draws\)\. Say which with output=NAME \(1, 2, 3\)"):
        load_representation(path)(images)
    for name, first in (("1", 0), ("2", 4)):
        codes = load_representation(path, hints=Hints(output=name))(images)
        np.testing.assert_array_equal(codes, pixels(images, first, first + 4))
    with pytest.raises(ArtifactError, match="has no output 'mean' of codes"):
        load_representation(path, hints=Hints(output="mean"))(images)


def test_a_named_mean_is_taken(tmp_path: Path, images: np.ndarray) -> None:
    class Named(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            flat = images.flatten(1)
            return {"logvar": flat[:, :3], "mu": flat[:, 70:73], "reconstruction": images}

    module = torch.jit.trace(Named(), torch.zeros(2, 1, 64, 64), strict=False)
    torch.jit.save(module, str(tmp_path / "theirs.pt"))
    np.testing.assert_array_equal(load_representation(tmp_path / "theirs.pt")(images), pixels(images, 70, 73))


@pytest.mark.parametrize(("head", "columns"), [("halves", [0, 1, 2]), ("interleaved", [0, 2, 4]),
                                               (None, [0, 1, 2, 3, 4, 5])])
def test_a_head_is_split_as_said(traced: Tracer, images: np.ndarray, head: str | None, columns: list[int]) -> None:
    class Head(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(1)[:, :6] * torch.arange(6)

    codes = load_representation(traced(Head()), hints=Hints(head=head))(images)
    np.testing.assert_allclose(codes, (pixels(images, 0, 6) * np.arange(6))[:, columns], atol=1e-6)


def test_an_odd_head_cannot_be_split(traced: Tracer, images: np.ndarray) -> None:
    with pytest.raises(ArtifactError, match="output 0 has 3 columns, an odd number; head=halves splits an even"):
        load_representation(traced(Flat()), hints=Hints(head="halves"))(images)


def test_the_layout_is_the_users_where_both_run(traced: Tracer) -> None:
    path = traced(Flat(), (2, 3, 64, 64))
    colour = np.random.RandomState(0).uniform(size=(5, 64, 64, 3)).astype(np.float32)
    np.testing.assert_array_equal(load_representation(path)(colour), pixels(colour, 0, 3))
    codes = load_representation(path, hints=Hints(layout="NHWC"))(colour)
    np.testing.assert_array_equal(codes, colour.reshape(5, -1)[:, :3])


def onnx_file(path: Path, location: str | None = None) -> Path:
    """Images (4, 1, 64, 64) to one number each, with a second output; the factor may lie in another file."""
    factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], np.float32([2]).tobytes(), raw=True)
    if location:
        factor.ClearField("raw_data")
        factor.data_location = TensorProto.EXTERNAL
        factor.external_data.add(key="location", value=location)
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
         helper.make_node("Mul", ["m", "factor"], ["z_mean"]), helper.make_node("Identity", ["x"], ["pictures"])],
        "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 1, 64, 64])],
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [4, 1, 64, 64]),
         helper.make_tensor_value_info("z_mean", TensorProto.FLOAT, [4, 1])], [factor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_an_onnx_file_with_a_fixed_batch_and_two_outputs(tmp_path: Path, images: np.ndarray) -> None:
    codes = load_representation(onnx_file(tmp_path / "theirs.onnx"))(images[:7])
    np.testing.assert_allclose(codes, 2 * images[:7].mean(axis=(1, 2)), rtol=1e-5)


def test_weights_in_another_file_are_read_in_its_own_folder_only(tmp_path: Path, images: np.ndarray) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for place in (tmp_path / "secret.bin", folder / "weights.bin"):
        place.write_bytes(np.float32([2]).tobytes())
    codes = load_representation(onnx_file(folder / "theirs.onnx", "weights.bin"))(images[:4])
    np.testing.assert_allclose(codes, 2 * images[:4].mean(axis=(1, 2)), rtol=1e-5)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    for location in ("../secret.bin", str(tmp_path / "secret.bin"), "link.bin"):
        with pytest.raises(UnsafeArtifactError, match="outside its own folder"):
            load_representation(onnx_file(folder / "theirs.onnx", location))
    with pytest.raises(ArtifactError, match=r"keeps its weights in 'gone\.bin', which is not in"):
        load_representation(onnx_file(folder / "theirs.onnx", "gone.bin"))
    assert onnx.load(str(folder / "theirs.onnx"), load_external_data=False).graph.name == "g"


def test_a_pickled_function_is_refused(tmp_path: Path, exported: Path) -> None:
    (tmp_path / "representation").mkdir()
    (tmp_path / "representation" / "python_model.dill").write_bytes(b"\x80\x04whatever")
    with pytest.raises(UnsafeArtifactError, match=r"python_model\.dill is a Python function.*allow_pickled_code=True"):
        load_representation(tmp_path)


def test_a_pickled_function_runs_when_the_user_says_so(tmp_path: Path, images: np.ndarray) -> None:
    dill = pytest.importorskip("dill")
    (tmp_path / "python_model.dill").write_bytes(dill.dumps(lambda batch: batch.reshape(len(batch), -1)[:, 100:103]))
    codes = load_representation(tmp_path, allow_pickled_code=True)(images)
    np.testing.assert_array_equal(codes, pixels(images, 100, 103))


@pytest.mark.parametrize(("module", "shape", "lines"), [
    (Flat(), (2, 3, 64, 64), ["(1, 64, 64)", "any"]),
    (FixedBatch(), (4, 1, 64, 64), ["4, always: run in chunks, padded", "output 0, 3 latents"]),
    (ChannelsLast(), (2, 64, 64, 1), ["NHWC", "output 0, 2 latents", "no unbraid record"]),
])
def test_inspect_prints_what_was_understood(traced: Tracer, capsys: pytest.CaptureFixture[str], module: torch.nn.Module,
                                            shape: tuple[int, ...], lines: list[str]) -> None:
    assert main(["--inspect", str(traced(module, shape))]) == 0
    table = capsys.readouterr().out
    for line in lines:
        assert line in table


def test_inspect_of_our_own_and_of_nothing(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inspect", str(exported)]) == 0
    assert "mean of 4 latents" in capsys.readouterr().out
    assert main(["--inspect", str(tmp_path)]) == 2
    assert "holds no model: expected one of" in capsys.readouterr().err
    assert main(["--model_dir", str(exported)]) == 2
    assert "--output_dir must be given" in capsys.readouterr().err
