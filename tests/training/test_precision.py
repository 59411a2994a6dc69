"""Mixed precision and torch.compile: the same training, a little less exactly."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from unbraid.common.errors import ConfigurationError, UnknownNameError
from unbraid.training.losses.decoder_jacobian import jacobian_penalty
from unbraid.training.running.checkpoint import load_model, read_checkpoint
from unbraid.training.speed import precision
from unbraid.training.speed.precision import float32, stacks, use_precision

CONVOLUTIONAL = ("encoder.encoder_fn = @conv_encoder", "decoder.decoder_fn = @deconv_decoder", "model.log_steps = 1")


def losses(model_dir: Path) -> list[float]:
    with (model_dir / "train_log.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def small_networks() -> nn.Module:
    return nn.ModuleDict({"encoder": nn.Sequential(nn.Linear(6, 8), nn.ReLU()), "head": nn.Linear(8, 2)})


def test_losses_in_bfloat16_are_near_those_in_float32(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "float32", *CONVOLUTIONAL)
    train_small(tmp_path / "bfloat16", *CONVOLUTIONAL, "model.precision = 'bfloat16'")
    whole, lower = losses(tmp_path / "float32"), losses(tmp_path / "bfloat16")
    assert lower == pytest.approx(whole, rel=0.01)
    assert lower != whole


def test_weights_optimizer_and_export_stay_float32(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "model", *CONVOLUTIONAL, "model.precision = 'bfloat16'")
    content = read_checkpoint(tmp_path / "model")
    assert {value.dtype for value in content["objective"].values()} == {torch.float32}
    moments = [state["exp_avg"] for state in content["optimizers"]["vae"]["state"].values()]
    assert {moment.dtype for moment in moments} == {torch.float32}
    assert load_model(tmp_path / "model").encoder(torch.rand(2, 1, 64, 64))[0].dtype == torch.float32


def test_resumed_training_in_bfloat16_ends_at_the_same_bits(train_small, tmp_path: Path) -> None:
    whole, parts, lower = tmp_path / "whole", tmp_path / "parts", "model.precision = 'bfloat16'"
    train_small(whole, *CONVOLUTIONAL, lower)
    train_small(parts, *CONVOLUTIONAL, lower, "model.training_steps = 4")
    train_small(parts, *CONVOLUTIONAL, lower, resume=True)
    ours, theirs = (read_checkpoint(folder)["objective"] for folder in (whole, parts))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_precision_cannot_change_on_resuming(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "model", "model.training_steps = 2")
    with pytest.raises(ConfigurationError, match=r"model\.precision was not set and is 'bfloat16'"):
        train_small(tmp_path / "model", "model.precision = 'bfloat16'", resume=True)


def test_layers_compute_in_bfloat16_and_heads_in_float32() -> None:
    networks, seen = small_networks(), []
    networks["encoder"][0].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    networks["head"].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    use_precision(networks, "bfloat16", "cpu")
    features = networks["encoder"](torch.rand(3, 6))
    networks["head"](features)
    assert seen == [torch.bfloat16, torch.float32]
    assert features.dtype == torch.float32
    with float32():
        networks["encoder"](torch.rand(3, 6))
    assert seen[-1] == torch.float32


def test_outermost_stacks_are_found_once() -> None:
    inner = nn.Sequential(nn.Linear(2, 2))
    outer = nn.Sequential(inner, nn.ReLU())
    model = nn.ModuleDict({"first": outer, "again": nn.ModuleDict({"same": outer}), "bare": nn.Linear(2, 2)})
    assert list(stacks(model)) == [outer]


@pytest.mark.parametrize("jacobian", ["fd", "jvp"])
def test_the_jacobian_is_taken_in_float32(jacobian: str) -> None:
    decoder = nn.ModuleDict({"layers": nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 5), nn.Sigmoid())})
    latents, parameters = torch.randn(4, 3), list(decoder.parameters())
    expected = jacobian_penalty(decoder["layers"], parameters, latents, jacobian=jacobian)
    use_precision(decoder, "bfloat16", "cpu")
    penalty = jacobian_penalty(decoder["layers"], parameters, latents, jacobian=jacobian)
    assert torch.equal(penalty, expected)


def test_unknown_precision() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown model.precision 'bf16'.*Valid names: bfloat16, float32"):
        use_precision(small_networks(), "bf16", "cpu")


def test_gpu_without_bfloat16(monkeypatch) -> None:
    monkeypatch.setattr(precision.torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(precision.torch.cuda, "get_device_name", lambda device: "Tesla P100")
    with pytest.raises(ConfigurationError, match="'bfloat16', which Tesla P100 cannot compute; use 'float32'"):
        use_precision(small_networks(), "bfloat16", "cuda")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "rel"), [("float32", 1e-5), ("bfloat16", 0.01)])
def test_compiled_layers_give_the_same_losses(kind: str, rel: float, train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "eager", *CONVOLUTIONAL, f"model.precision = '{kind}'")
    train_small(tmp_path / "compiled", *CONVOLUTIONAL, f"model.precision = '{kind}'", "model.compile = True")
    assert losses(tmp_path / "compiled") == pytest.approx(losses(tmp_path / "eager"), rel=rel)
    assert read_checkpoint(tmp_path / "eager")["objective"].keys() == (
        read_checkpoint(tmp_path / "compiled")["objective"].keys())


def test_compiling_without_a_compiler_is_one_sentence(small_config: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unbraid.training", "--gin_config", str(small_config), "--model_dir",
               str(tmp_path / "model"), "--device", "cpu", "--gin_bindings", "model.compile = True"]
    environment = {**os.environ, "CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "torch.compile does not work here" in done.stderr
    assert "needs a C++ compiler (install g++, or name one by the environment variable CXX)" in done.stderr
    assert not (tmp_path / "model").exists()
