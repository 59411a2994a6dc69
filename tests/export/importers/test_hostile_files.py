"""Checkpoints that would run code, are damaged, or are something else: each is one clear sentence and nothing runs."""

from __future__ import annotations

import argparse
import collections
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from unbraid.export.errors import ArtifactError, UnsafeArtifactError
from unbraid.export.importers.import_checkpoint import import_checkpoint
from unbraid.export.importers.reading import read_state

Tensors = dict[str, torch.Tensor]


class Boom:
    """A pickle of this makes a folder when it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(self.path),))


@pytest.fixture
def boom(tmp_path: Path) -> Boom:
    return Boom(tmp_path / "ran")


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_checkpoint_with_a_planted_call_is_refused(tmp_path: Path, disvae: Callable, boom: Boom,
                                                     is_zip: bool) -> None:
    path = tmp_path / "model.pt"
    torch.save({**disvae(), "extra": boom}, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(UnsafeArtifactError, match=r"more than tensors \(posix\.mkdir\).*allow_pickled_code=True"):
        import_checkpoint(tmp_path)
    assert not boom.path.exists()


def test_a_pickled_module_is_refused_and_read_when_allowed(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 3), tmp_path / "model.pt")
    with pytest.raises(UnsafeArtifactError, match=r"torch\.nn\.modules\.linear\.Linear"):
        import_checkpoint(tmp_path)
    assert set(read_state(tmp_path / "model.pt", allow_pickled_code=True).tensors) == {"weight", "bias"}


def test_arguments_of_argparse_are_refused(tmp_path: Path) -> None:
    torch.save(argparse.Namespace(beta=1), tmp_path / "args.pt")
    with pytest.raises(UnsafeArtifactError, match=r"argparse\.Namespace"):
        import_checkpoint(tmp_path / "args.pt")


@pytest.mark.parametrize("name", ["python_model.dill", "model.pkl", "model.pt"])
def test_a_plain_pickle_is_refused(tmp_path: Path, boom: Boom, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(boom))
    with pytest.raises(UnsafeArtifactError, match=f"{name} is a Python pickle.*run code.*allow_pickled_code=True"):
        import_checkpoint(tmp_path / name)
    assert not boom.path.exists()


def test_a_lightning_file_gives_tensors_and_nothing_runs(tmp_path: Path, boom: Boom) -> None:
    torch.save({"pytorch-lightning_version": "1.9.0", "state_dict": collections.OrderedDict(a=torch.ones(2)),
                "hyper_parameters": {"model": torch.nn.Linear(2, 2), "cfg": boom, "names": {1: argparse.Namespace}},
                "callbacks": collections.defaultdict(list, b=[1])}, tmp_path / "last.ckpt")
    assert read_state(tmp_path / "last.ckpt").tensors["a"].tolist() == [1, 1]
    assert not boom.path.exists()


def test_a_lightning_file_without_tensors_is_refused(tmp_path: Path, boom: Boom) -> None:
    torch.save({"pytorch-lightning_version": "1.9.0", "state_dict": {"a": boom}}, tmp_path / "last.ckpt")
    with pytest.raises(ArtifactError, match="expected a state dict, names to tensors"):
        read_state(tmp_path / "last.ckpt")
    assert not boom.path.exists()


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("share", [0.001, 0.002, 0.02, 0.5, 0.99])
def test_a_half_downloaded_file_is_named(tmp_path: Path, disvae: Callable, is_zip: bool, share: float) -> None:
    buffer = io.BytesIO()
    torch.save(disvae(), buffer, _use_new_zipfile_serialization=is_zip)
    content = buffer.getvalue()
    (tmp_path / "model.pt").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ArtifactError, match=r"model\.pt (is truncated or damaged|cannot be read as a checkpoint)"):
        import_checkpoint(tmp_path)


def test_a_file_that_ends_at_any_byte_is_named(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    torch.save({f"encoder.conv{i}.weight": torch.zeros(2, 3) for i in range(4)}, buffer,
               _use_new_zipfile_serialization=False)
    for num_bytes in range(60, 600):  # torch's unpickler fails in another way at almost every byte
        (tmp_path / "model.pt").write_bytes(buffer.getvalue()[:num_bytes])
        with pytest.raises(ArtifactError, match=r"model\.pt (is truncated or damaged|cannot be read as a checkpoint)"):
            import_checkpoint(tmp_path)


@pytest.mark.parametrize(("content", "message"), [
    (b"", r"is no model.*found bytes \(none\). Is it downloaded in full"),
    (b"version https://git-lfs.github.com/spec/v1", "is no model"),
])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        import_checkpoint(tmp_path)


def test_archives_that_are_no_model_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ArtifactError, match=r"is a zip archive, but no model: it holds notes\.txt"):
        import_checkpoint(tmp_path / "model.pt")
    with tarfile.open(tmp_path / "old.pt", "w") as tar:
        tar.add(tmp_path / "model.pt", "sys_info")
    with pytest.raises(ArtifactError, match=r"a checkpoint of torch 0\.1"):
        import_checkpoint(tmp_path / "old.pt")


@pytest.mark.parametrize(("content", "message"), [
    ([1, 2], "holds list; expected a state dict"),
    ({"epoch": 3, "net": {}}, "holds a dict with epoch, net; expected a state dict"),
    ({"model_states": {"D": {}}}, "holds a dict with model_states; expected a state dict"),
    ({}, "expected a state dict"),
])
def test_other_contents_are_named(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(ArtifactError, match=message):
        import_checkpoint(tmp_path)


def test_an_unknown_method_shows_its_keys(tmp_path: Path) -> None:
    torch.save({f"net.{i}": torch.zeros(1) for i in range(9)}, tmp_path / "model.pt")
    with pytest.raises(ArtifactError, match=r"no project that unbraid knows \(.*jlonevae.*\)\. Its keys are: net\.0, .*"
                                            r"and 3 more.*source=NAME.*docs/checkpoints\.md"):
        import_checkpoint(tmp_path)


def test_every_key_that_does_not_fit_is_listed_at_once(tmp_path: Path, disvae: Callable) -> None:
    state = disvae()
    del state["encoder.conv2.bias"], state["decoder.lin1.weight"]
    state |= {"encoder.lin2.weight": torch.zeros(5, 6), "surplus": torch.zeros(1)}
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(ArtifactError) as caught:
        import_checkpoint(tmp_path)
    message = str(caught.value)
    assert str(tmp_path / "model.pt") in message
    assert "missing: decoder.lin1.weight (256, 3), encoder.conv2.bias (32,)" in message
    assert "unexpected: surplus" in message
    assert "misshapen: encoder.lin2.weight (5, 6), expected (256, 256)" in message


def test_a_wrong_format_lists_everything_it_misses(tmp_path: Path, disvae: Callable) -> None:
    torch.save(disvae(), tmp_path / "model.pt")
    with pytest.raises(ArtifactError, match=r"missing: .*emb_convs\.0\.bias.*unexpected: .*encoder\.conv1\.bias"):
        import_checkpoint(tmp_path, "jlonevae")
    with pytest.raises(ValueError, match=r"Unknown checkpoint format 'jlone'\. Did you mean jlonevae"):
        import_checkpoint(tmp_path, "jlone")


def test_a_wrapper_around_the_network_is_taken_off(tmp_path: Path, disvae: Callable) -> None:
    torch.save({f"module.{key}": value for key, value in disvae().items()}, tmp_path / "model.pt")
    assert import_checkpoint(tmp_path)[0].num_latent == 3
