"""Reading artifacts: a stranger's work, and each bad file is one clear error."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from unbraid.export import ArtifactError, load_representation
from unbraid.export.errors import InputMismatchError, MissingBackendError, UnsafeArtifactError
from unbraid.export.files.pickles import foreign_globals
from unbraid.export.files.record import Record

Tracer = Callable[..., Path]


class Pooled(torch.nn.Module):
    """Any number of rows and columns, one channel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


class Pair(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images.flatten(1), images.flatten(1)


class Boom:
    """A pickle of this writes a file when it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(self.path),))


def test_a_strangers_trace_without_metadata_is_read(traced: Tracer, images: np.ndarray) -> None:
    path = traced(Pooled())
    for given in (path, path.parent, path.parent.parent):
        representation = load_representation(given)
        assert representation.record is None
        assert representation(images).shape == (len(images), 4)


def test_a_strangers_onnx_is_read(tmp_path: Path, exported: Path, images: np.ndarray) -> None:
    model = onnx.load(exported / "representation.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "theirs.onnx")
    representation = load_representation(tmp_path / "theirs.onnx")
    assert representation.record is None
    assert representation.backend == "onnx"
    np.testing.assert_array_equal(representation(images), load_representation(exported, "onnx")(images))


def test_a_pickled_module_is_refused_and_does_not_run(tmp_path: Path) -> None:
    torch.save([Boom(tmp_path / "ran")], tmp_path / "pytorch_model.pt")
    with pytest.raises(UnsafeArtifactError,
                       match=r"a pickled module \(posix\.mkdir\).*run code.*allow_pickled_code=True"):
        load_representation(tmp_path)
    (tmp_path / "legacy.pt").write_bytes(pickle.dumps(Boom(tmp_path / "ran")))
    with pytest.raises(UnsafeArtifactError, match="a Python pickle, not TorchScript"):
        load_representation(tmp_path / "legacy.pt")
    assert not (tmp_path / "ran").exists()


def test_a_pickled_module_runs_when_the_user_says_so(tmp_path: Path, images: np.ndarray) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 3)), tmp_path / "pytorch_model.pt")
    with pytest.raises(UnsafeArtifactError, match=r"torch\.nn\.modules"):
        load_representation(tmp_path)
    assert load_representation(tmp_path, allow_pickled_code=True)(images).shape == (32, 3)


def test_a_pt2_file_with_a_foreign_pickle_is_refused(tmp_path: Path, exported: Path) -> None:
    hostile = tmp_path / "hostile.pt2"
    hostile.write_bytes((exported / "representation.pt2").read_bytes())
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr("archive/data/weights/extra.pkl", pickle.dumps(Boom(tmp_path / "ran")))
    with pytest.raises(UnsafeArtifactError, match=r"a pickle that would run code when read \(posix\.mkdir\)"):
        load_representation(hostile)
    assert not (tmp_path / "ran").exists()


def test_a_state_dict_is_told_apart(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "pytorch_model.pt")
    with pytest.raises(ArtifactError, match=r"holds weights only \(a state dict\), not a network"):
        load_representation(tmp_path)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("pytorch_model.pt", b"hello, world", "is no model: expected TorchScript .* found bytes 68 65 6c 6c"),
    ("pytorch_model.pt", b"", "is no model"),
    ("representation.onnx", b"hello, world", "is not a readable ONNX model"),
    ("representation.pt2", b"hello, world", "is truncated or damaged"),
])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{name} {message}"):
        load_representation(tmp_path / name)


@pytest.mark.parametrize("name", ["pytorch_model.pt", "representation.onnx", "representation.pt2"])
def test_a_truncated_model_is_named(tmp_path: Path, exported: Path, name: str) -> None:
    content = (exported / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match=f"{name} .*(truncated|not a readable)"):
        load_representation(tmp_path / name)


def test_a_zip_that_is_no_model_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pytorch_model.pt", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ArtifactError, match=r"is a zip archive, but no model: it holds notes\.txt"):
        load_representation(tmp_path)


@pytest.mark.parametrize("name", ["codes.npz", "codes.npy", "codes.csv"])
def test_arrays_given_as_a_model_say_how_they_are_scored(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        codes = np.zeros((3, 2))
        {"codes.npz": lambda: np.savez(file, codes=codes), "codes.npy": lambda: np.save(file, codes),
         "codes.csv": lambda: np.savetxt(file, codes, delimiter=",")}[name]()
    with pytest.raises(ArtifactError, match=rf"no model: .* unbraid-evaluate --codes .*{name} \(docs/arrays.md\)"):
        load_representation(tmp_path / name)


def test_an_empty_folder_and_a_missing_one_say_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"holds no exported representation: expected pytorch_model\.pt or repr"):
        load_representation(tmp_path)
    with pytest.raises(ArtifactError, match=r"There is no .*nowhere"):
        load_representation(tmp_path / "nowhere")


def test_a_model_for_other_images_is_named(exported: Path, traced: Tracer) -> None:
    colour = np.zeros((2, 64, 64, 3), dtype=np.float32)
    with pytest.raises(InputMismatchError, match=r"made for images \(C, H, W\) = \(1, 64, 64\), data set threeDots; "
                                                 r"this data set gives \(3, 64, 64\)"):
        load_representation(exported)(colour)
    stranger = traced(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 64), torch.nn.Flatten()))
    with pytest.raises(InputMismatchError, match=r"fails on images of shape \(C, H, W\) = \(3, 64, 64\)"):
        load_representation(stranger)(colour)


def test_codes_must_be_two_dimensional(traced: Tracer, images: np.ndarray) -> None:
    with pytest.raises(ArtifactError, match=r"returns maps of shape 0 \(N, 1, 61, 61\); expected codes \(N, D\)"):
        load_representation(traced(torch.nn.Conv2d(1, 1, 4)))(images)
    with pytest.raises(ArtifactError, match=r"several outputs .*: 0 \(N, 4096\), 1 \(N, 4096\)\. .*output=NAME"):
        load_representation(traced(Pair()))(images)


def test_a_decoder_is_no_representation(exported: Path) -> None:
    with pytest.raises(ArtifactError, match=r"decoder\.onnx is a decoder, not a representation"):
        load_representation(exported / "decoder.onnx")


def test_a_backend_must_fit_the_file(exported: Path) -> None:
    with pytest.raises(ArtifactError, match="is a file for the backend onnx; backend=torchscript cannot run it"):
        load_representation(exported / "representation.onnx", "torchscript")
    with pytest.raises(MissingBackendError, match="Unknown backend 'tensorrt'; expected one of auto, onnx"):
        load_representation(exported, "tensorrt")


@pytest.mark.skipif(torch.cuda.is_available(), reason="checks the message where there is no GPU")
@pytest.mark.parametrize("backend", ["auto", "onnx", "torchscript", "export"])
def test_cuda_where_there_is_none_is_an_error(exported: Path, backend: str) -> None:
    with pytest.raises(MissingBackendError, match=r"CUDA was asked for .*torch sees no GPU here\. Use device=cpu\."):
        load_representation(exported, backend, device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize("backend", ["onnx", "torchscript", "export"])
def test_cuda_gives_the_same_codes(exported: Path, images: np.ndarray, backend: str) -> None:
    on_gpu = load_representation(exported, backend, device="cuda")
    np.testing.assert_allclose(on_gpu(images), load_representation(exported, backend)(images), atol=1e-4)


def test_a_missing_runtime_names_the_extra(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingBackendError, match=r"pip install 'unbraid\[cpu\]', or 'unbraid\[gpu\]'"):
        load_representation(exported, "onnx")
    assert load_representation(exported).backend == "torchscript"


@pytest.mark.parametrize(("text", "message"), [
    ("{", "record inside cannot be read as JSON.*export the model again"),
    ('{"kind": "representation"}', "record inside has no format_version, image_shape, num_latents"),
    ('{"format_version": 99, "kind": "representation", "image_shape": [1, 2, 3], "num_latents": 2}',
     "has format version 99; this unbraid reads up to 1"),
])
def test_a_damaged_or_newer_record_is_named(text: str, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        Record.from_json(text, "file.onnx")


def test_unknown_fields_of_a_record_are_ignored() -> None:
    record = Record("representation", [1, 64, 64], 4)
    assert Record.from_json(record.to_json().replace("{", '{"later": 1,', 1), "file") == record


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_globals_are_found_whatever_the_protocol(protocol: int, tmp_path: Path) -> None:
    assert foreign_globals(pickle.dumps({"a": [1, 2.0, "b"]}, protocol)) == []
    assert foreign_globals(pickle.dumps(Boom(tmp_path), protocol)) == ["posix.mkdir"]
    assert foreign_globals(b"\x80\x04not a pickle") == ["?"]
