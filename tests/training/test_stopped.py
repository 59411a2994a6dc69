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
