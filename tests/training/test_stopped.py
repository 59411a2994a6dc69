"""A training that is told to stop: a checkpoint between two updates, and then the same weights and log as in one go."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gin
import pytest
import torch

from unbraid.training.__main__ import main
from unbraid.training.running.checkpoint import read_checkpoint

BINDINGS = ["dataset.name = 'dummy_data'", "model.model = @vae()", "model.training_steps = 7", "model.batch_size = 4",
            "model.random_seed = 0", "model.eval_steps = 1", "model.log_steps = 5", "vae.beta = 4.0",
            "vae_optimizer.optimizer_fn = @AdamOptimizer", "encoder.encoder_fn = @test_encoder",
            "encoder.num_latent = 3", "decoder.decoder_fn = @test_decoder",
            "reconstruction_loss.loss_fn = @bernoulli_loss"]


@gin.configurable("send_signal")
class SendSignal:
    """A callback that sends this process a signal while an update is made."""

    def __init__(self, number: int = gin.REQUIRED):
        self.number = number

    def start(self, training: Any) -> None:
        """Nothing to prepare."""

    def is_due(self, step: int) -> bool:
        if step == 3:
            os.kill(os.getpid(), self.number)
        return False

    def __call__(self, step: int) -> Mapping[str, float]:
        return {}


@gin.configurable("stopped_once")
class StoppedOnce:
    """A callback of steps 2 and 3 that a signal interrupts at step 3, the first time."""

    sends = True

    def start(self, training: Any) -> None:
        """Nothing to prepare."""

    def is_due(self, step: int) -> bool:
        return step in (2, 3)

    def __call__(self, step: int) -> Mapping[str, float]:
        if step == 3 and StoppedOnce.sends:
            os.kill(os.getpid(), signal.SIGTERM)
        return {"score": float(step)}


def train(model_dir: Path, *bindings: str) -> int:
    return main(["--model_dir", str(model_dir), "--resume", "--gin_config", "data_sets/dummy_data.gin",
                 "--gin_bindings", *BINDINGS, "model.callbacks = []", *bindings])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                          number: int, status: int) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert train(whole) == 0
    assert train(stopped, "model.callbacks = [@send_signal()]", f"send_signal.number = {int(number)}") == status
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.endswith("checkpoint.pt (step 3) is saved; go on from there with --resume.")
    assert read_checkpoint(stopped)["step"] == 3
    assert train(stopped) == 0
    ours, theirs = (read_checkpoint(folder)["objective"] for folder in (stopped, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (stopped / "train_log.csv").read_text() == (whole / "train_log.csv").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stopped", "whole"]


def test_a_signal_during_a_callback_loses_neither_update_nor_score(tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    callback = "model.callbacks = [@stopped_once()]"
    assert train(stopped, callback, "model.checkpoint_steps = 100") == 143
    assert read_checkpoint(stopped)["step"] == 3
    monkeypatch.setattr(StoppedOnce, "sends", False)
    assert train(stopped, callback, "model.checkpoint_steps = 100") == 0
    assert train(whole, callback, "model.checkpoint_steps = 100") == 0
    assert (stopped / "scores.csv").read_text() == (whole / "scores.csv").read_text() == "step,score\n2,2\n3,3\n"
    ours, theirs = (read_checkpoint(folder)["objective"] for folder in (stopped, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def no_memory(*arguments: Any, **options: Any) -> Any:
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize("flag", ["--resume", "--overwrite"])
def test_an_update_that_does_not_fit_into_memory_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                capsys: pytest.CaptureFixture[str], flag: str) -> None:
    folder = tmp_path / "new"
    if flag == "--overwrite":
        assert train(folder) == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr("torch.autograd.grad", no_memory)
    assert main(["--model_dir", str(folder), flag, "--gin_config", "data_sets/dummy_data.gin", "--gin_bindings",
                 *BINDINGS]) == 2
    assert "There is not enough memory" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert folder.exists() == bool(before)


@pytest.mark.parametrize("binding", ["encoder.encoder_fn = @test_decoder", "decoder.decoder_fn = @test_encoder"])
def test_networks_that_do_not_fit_are_one_sentence_before_anything_is_written(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], binding: str) -> None:
    assert train(tmp_path / "new", binding) == 2
    error = capsys.readouterr().err
    assert "The first update cannot be computed with the networks" in error
    assert binding in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
