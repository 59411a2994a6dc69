"""State dicts as people save them: under keys, with prefixes, inside larger networks, in other file formats."""

from __future__ import annotations

import collections
import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from unbraid.common.errors import UserError
from unbraid.export.__main__ import main
from unbraid.export.errors import ArtifactError
from unbraid.export.importers.import_checkpoint import import_checkpoint
from unbraid.export.importers.own_module import needed_by
from unbraid.export.importers.reading import read_state
from unbraid.export.importers.unwrapping import Choice

Tensors = dict[str, torch.Tensor]
nn = torch.nn


def own_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 8, stride=8), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(256, 3))


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}


def inside(tensors: Tensors, wrapper: str) -> Tensors:
    """A wrapper around the submodules, as torch.compile of a part gives."""
    return {f"{name.split('.')[0]}.{wrapper}.{'.'.join(name.split('.')[1:])}": tensor
            for name, tensor in tensors.items()}


OTHER = {"loss.weight": torch.ones(3), "decoder.0.weight": torch.ones(2, 2)}
OPTIMIZER = {"state": {0: {"step": torch.ones(1), "exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}
WRAPPINGS: dict[str, Callable[[Tensors], Any]] = {
    "bare": lambda tensors: tensors,
    "ordered": collections.OrderedDict,
    "tutorial": lambda tensors: {"epoch": 3, "model_state_dict": tensors, "optimizer_state_dict": OPTIMIZER},
    "a key of ones own": lambda tensors: {"my_encoder": tensors, "args": {"lr": 1e-3}},
    "nested keys": lambda tensors: {"state": {"networks": {"encoder": tensors}}, "step": 7},
    "optimizers beside it": lambda tensors: {"model": tensors, "optimizer": {"a": torch.ones(1)}, "epoch": 3},
    "compiled": lambda tensors: prefixed("_orig_mod.", tensors),
    "data parallel": lambda tensors: prefixed("module.", tensors),
    "data parallel, compiled": lambda tensors: prefixed("module._orig_mod.", tensors),
    "compiled, data parallel": lambda tensors: prefixed("_orig_mod.module.", tensors),
    "Lightning": lambda tensors: {"state_dict": prefixed("model.", tensors), "pytorch-lightning_version": "2.5.0",
                                  "epoch": 1, "hyper_parameters": {"lr": 1e-3}},
    "Lightning, compiled": lambda tensors: {"state_dict": prefixed("model._orig_mod.", tensors),
                                            "pytorch-lightning_version": "2.5.0"},
    "part of a whole": lambda tensors: {**prefixed("encoder.", tensors), **OTHER},
    "part of a whole in Lightning": lambda tensors: {"state_dict": {**prefixed("encoder.", tensors), **OTHER},
                                                     "pytorch-lightning_version": "2.5.0"},
    "averaged": lambda tensors: {"n_averaged": torch.tensor(5), **prefixed("module.", tensors)},
    "compiled parts": lambda tensors: inside(tensors, "_orig_mod"),
    "the same twice": lambda tensors: {"model": tensors, "ema": copy.deepcopy(tensors)},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_network_of_ones_own_is_unwrapped(tmp_path: Path, wrapping: str) -> None:
    network = own_network()
    torch.save(WRAPPINGS[wrapping](network.state_dict()), tmp_path / "model.pt")
    state = read_state(tmp_path / "model.pt", fit=needed_by(network))
    assert state.tensors.keys() == network.state_dict().keys()
    torch.testing.assert_close(dict(state.tensors), dict(network.state_dict()))


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_project_known_here_is_unwrapped(tmp_path: Path, disvae: Callable[..., Tensors], wrapping: str) -> None:
    torch.save(WRAPPINGS[wrapping](disvae()), tmp_path / "model.pt")
    if wrapping == "part of a whole":  # its names are encoder.encoder...: the project's own begin at the second
        torch.save({**prefixed("vae.", disvae()), "loss.weight": torch.ones(3)}, tmp_path / "model.pt")
    imported, origin = import_checkpoint(tmp_path / "model.pt")
    assert (origin["format"], imported.num_latent) == ("disentangling_vae", 3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_and_the_legacy_format(tmp_path: Path, dtype: torch.dtype) -> None:
    network = own_network()
    tensors = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor
               for name, tensor in network.state_dict().items()}
    torch.save({"model": tensors}, tmp_path / "model.pt", _use_new_zipfile_serialization=False)
    state = read_state(tmp_path / "model.pt", fit=needed_by(network))
    assert state.tensors["3.weight"].dtype == dtype


def test_old_batch_norms_without_a_counter_fit(tmp_path: Path) -> None:
    network = own_network()
    tensors = {name: tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}
    torch.save({"net": tensors}, tmp_path / "model.pt")
    assert needed_by(network)(read_state(tmp_path / "model.pt", fit=needed_by(network)).tensors) is not None


def test_safetensors(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    network = own_network()
    safetensors.save_file(prefixed("encoder.", network.state_dict()) | OTHER, tmp_path / "model.safetensors")
    state = read_state(tmp_path / "model.safetensors", fit=needed_by(network))
    torch.testing.assert_close(dict(state.tensors), dict(network.state_dict()))
    content = (tmp_path / "model.safetensors").read_bytes()
    for damaged in (content[:50], content[:-10], b"\xff" * 8 + content[8:]):
        (tmp_path / "model.safetensors").write_bytes(damaged)
        with pytest.raises(ArtifactError, match=r"cannot be read as safetensors.*damaged or not downloaded in full"):
            read_state(tmp_path / "model.safetensors")


def changed(tensors: Tensors) -> Tensors:
    return {name: tensor + 1 for name, tensor in tensors.items()}


AMBIGUOUS: dict[str, tuple[Callable[[Tensors], Any], str, Choice]] = {
    "model and ema": (lambda tensors: {"model": tensors, "ema": changed(tensors)},
                      "state_dict_key=model; state_dict_key=ema", Choice(key="ema")),
    "two encoders": (lambda tensors: {**prefixed("encoder_q.", tensors), **prefixed("encoder_k.", changed(tensors))},
                     "prefix=encoder_k.; prefix=encoder_q.", Choice(prefix="encoder_k.")),
    "two encoders under a key": (
        lambda tensors: {"state_dict": {**prefixed("student.", tensors), **prefixed("teacher.", changed(tensors))}},
        "state_dict_key=state_dict prefix=student.; state_dict_key=state_dict prefix=teacher.",
        Choice(prefix="teacher.")),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_is_ambiguous_is_asked(tmp_path: Path, name: str) -> None:
    network = own_network()
    wrap, choices, choice = AMBIGUOUS[name]
    torch.save(wrap(network.state_dict()), tmp_path / "model.pt")
    with pytest.raises(UserError, match=re.escape(choices)):
        read_state(tmp_path / "model.pt", fit=needed_by(network))
    chosen = read_state(tmp_path / "model.pt", fit=needed_by(network), choice=choice)
    torch.testing.assert_close(dict(chosen.tensors), changed(network.state_dict()))


def test_choices_that_are_not_there_are_named(tmp_path: Path) -> None:
    torch.save({"model": own_network().state_dict()}, tmp_path / "model.pt")
    with pytest.raises(ArtifactError, match=r"no state dict under the key 'ema', but under 'model'\."):
        read_state(tmp_path / "model.pt", choice=Choice(key="ema"))


CODE = """
import torch
class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4096, 3)
    def forward(self, images):
        return self.layer(images.flatten(1))
"""


def test_the_command_asks_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrapped_networks.py").write_text(CODE)
    tensors = {"layer.weight": torch.randn(3, 4096), "layer.bias": torch.zeros(3)}
    torch.save({"model": tensors, "ema": changed(tensors)}, "weights.pt")
    command = ["--from", "weights.pt", "--module", "wrapped_networks:Encoder", "--data_set", "threeDots",
               "--output_dir", "out", "--formats", "torchscript"]
    assert main(command) == 2
    assert "Choose one: --state_dict_key model; --state_dict_key ema." in capsys.readouterr().err
    assert main([*command, "--state_dict_key", "ema"]) == 0
    torch.save({"a": tensors, "b": {"other": torch.ones(1)}}, "weights.pt")
    assert main([*command, "--state_dict_key", "b", "--overwrite"]) == 2
    assert "missing: layer.bias (3,)" in capsys.readouterr().err
