"""Graphs and archives of strangers that crash, hang, swallow memory or touch files: one sentence each."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import onnx
import pytest
import torch
from hostile_graphs import CODES, script
from onnx import TensorProto, helper

from unbraid.common.errors import DataError
from unbraid.export import ArtifactError, load_representation
from unbraid.export.__main__ import main as export
from unbraid.export.errors import UnsafeArtifactError
from unbraid.export.files.locating import locate
from unbraid.export.foreign import trial
from unbraid.ground_truth.files.arrays.hdf5_files import h5_source

IMAGES = np.zeros((2, 64, 64, 1), np.float32)


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """Source nested so deeply that torch's parser runs out of stack."""
    return script(tmp_path / "nested.pt", f"    return {'(' * 200_000}input{')' * 200_000}\n")


@pytest.mark.parametrize("command", ["inspect", "from", "load"])
def test_a_crash_is_one_sentence(nested: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str],
                                 command: str) -> None:
    if command == "load":
        with pytest.raises(ArtifactError, match=r"child process, which was ended by a segmentation fault"):
            load_representation(nested)
        return
    arguments = ["--inspect", str(nested)] if command == "inspect" else ["--from", str(nested), "--output_dir",
                                                                         str(tmp_path / "out")]
    assert export(arguments) == 2
    error = capfd.readouterr().err
    assert "segmentation fault" in error
    assert error.count("\n") == 1


def test_a_program_without_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(trial.LIMIT, "3")
    representation = load_representation(script(tmp_path / "endless.pt", CODES["endless"]))
    start = time.monotonic()
    with pytest.raises(ArtifactError, match=r"ended by the time limit of 3 seconds, which the variable UNBRAID_TRIAL"):
        representation(IMAGES)
    assert time.monotonic() - start < 60


def test_memory_is_limited(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"allocate|memory"):
        load_representation(script(tmp_path / "large.pt", CODES["large"]))(IMAGES)


@pytest.mark.parametrize("operation", ["torch.from_file(\"canary\", True, 10)", "torch.save(input, \"canary\")",
                                       "ops.aten.from_file(\"canary\", True, 10)"])
def test_operators_that_touch_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                operation: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = script(tmp_path / "theirs.pt", f"    x = {operation}\n    return torch.flatten(input, 1)\n")
    with pytest.raises(UnsafeArtifactError, match=r"uses the operator (from_file|save), which reads or writes files"):
        load_representation(path)
    assert not Path("canary").exists()


def bomb(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/code/__torch__.py", "")
        archive.writestr("model/data.pkl", b"\x80\x02}.")
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(2**20))
    return path


@pytest.mark.parametrize("name", ["theirs.pt", "theirs.pt2", "model_state_dict.pt"])
def test_bombs_are_refused_by_their_sizes(tmp_path: Path, name: str) -> None:
    path = bomb(tmp_path / name, "model/data/0")
    with pytest.raises(ArtifactError, match="would unpack to 314,572,8"):
        load_representation(path)
    with pytest.raises(ArtifactError, match="would unpack to"):
        locate(path)


@pytest.mark.parametrize("kind", ["fifo", "/dev/zero"])
def test_what_is_no_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    path = Path(kind)
    if kind == "fifo":
        path = tmp_path / "fifo"
        os.mkfifo(path)
    for arguments in (["--inspect", str(path)], ["--from", str(path), "--output_dir", str(tmp_path / "out")]):
        assert export(arguments) == 2
        assert "is a pipe, a device or a socket; expected a model's file" in capsys.readouterr().err
    with pytest.raises(ArtifactError, match="is a pipe, a device or a socket"):
        load_representation(path)


def test_the_systems_folders_are_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["--inspect", "/proc"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def onnx_of(path: Path, nodes: list[onnx.NodeProto], kind: int, shape: list[object]) -> Path:
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 64, 64])],
                              [helper.make_tensor_value_info("codes", kind, shape)],
                              [helper.make_tensor("starts", TensorProto.INT64, [1], [0]),
                               helper.make_tensor("axes", TensorProto.INT64, [1], [1])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), str(path))
    return path


def test_odd_outputs_are_named(tmp_path: Path) -> None:
    flat = helper.make_node("Flatten", ["x"], ["f"], axis=1)
    none = onnx_of(tmp_path / "none.onnx", [flat, helper.make_node("Slice", ["f", "starts", "starts", "axes"],
                                                                   ["codes"])], TensorProto.FLOAT, ["n", 0])
    with pytest.raises(ArtifactError, match="output codes has no columns"):
        load_representation(none)(IMAGES)
    texts = onnx_of(tmp_path / "texts.onnx", [flat, helper.make_node("Cast", ["f"], ["codes"], to=TensorProto.STRING)],
                    TensorProto.STRING, ["n", 4096])
    with pytest.raises(ArtifactError, match="fails on images"):
        load_representation(texts)(IMAGES)


def test_a_truncated_program_is_one_sentence_without_noise(tmp_path: Path, exported: Path,
                                                           capfd: pytest.CaptureFixture[str]) -> None:
    content = (exported / "representation.pt2").read_bytes()
    for share in (0.3, 0.99):
        (tmp_path / "half.pt2").write_bytes(content[: int(share * len(content))])
        assert export(["--inspect", str(tmp_path / "half.pt2")]) == 2
        error = capfd.readouterr().err
        assert error.count("\n") == 1
        assert "Traceback" not in error


@pytest.mark.parametrize("kind", ["external", "virtual", "link"])
def test_hdf5_that_reads_outside_its_file_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_bytes(bytes(64 * 64))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["images"] = np.zeros((1, 64, 64), np.uint8)
    with h5py.File(tmp_path / "data.h5", "w") as file:
        if kind == "external":
            file.create_dataset("images", (1, 64, 64), np.uint8, external=[(str(tmp_path / "secret"), 0, 4096)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((1, 64, 64), np.uint8)
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "images", (1, 64, 64))
            file.create_virtual_dataset("images", layout)
        else:
            file["images"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "images")
    with pytest.raises(DataError, match="reads its numbers from other files"):
        h5_source(tmp_path / "data.h5", "images")


def test_relative_paths_are_found_after_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):  # one helper process serves both
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        layers = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 64, len(name)))
        torch.jit.trace(layers.eval(), torch.zeros(2, 1, 64, 64)).save("graph.pt")
        trial.try_out(Path("graph.pt"), "torchscript")
