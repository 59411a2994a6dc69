"""Trackers of a training: real local stores of MLflow and W&B where these are installed (see CONTRIBUTING)."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from unbraid.training.__main__ import main
from unbraid.training.tracking.trackers import Trackers

CONFIG = """
dataset.name = "threeDotsCacheSmall"
model.model = @vae()
vae.beta = 1.0
model.batch_size = 8
model.random_seed = 3
model.log_steps = 2
model.checkpoint_steps = 2
model.eval_steps = 1
encoder.num_latent = 4
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
vae_optimizer.optimizer_fn = @AdamOptimizer
AdamOptimizer.learning_rate = 0.001
discriminator_optimizer.optimizer_fn = @AdamOptimizer
discriminator.discriminator_fn = @fc_discriminator
"""
LOG_BLOCK, FULL, LAST = 32768, 1, 4  # of LevelDB's log format
SCORED = ("evaluate_during_training.metrics = ['mig']", "evaluate_during_training.steps = 4",
          "evaluate_during_training.bindings = ['mig.num_train = 100']")


def train(folder: Path, trackers: str, steps: int = 4, *flags: str, name: str = "run") -> int:
    config = folder / "small.gin"
    config.write_text(CONFIG)
    return main(["--model_dir", str(folder / name), "--device", "cpu", *flags,
                 "--gin_config", str(config), "evaluate_during_training", "--gin_bindings", *SCORED,
                 f"model.trackers = {trackers}", f"model.training_steps = {steps}"])


def weights(model_dir: Path) -> dict[str, torch.Tensor]:
    return torch.load(model_dir / "checkpoint.pt", weights_only=True)["objective"]


@pytest.mark.parametrize("store", ["file", "sqlite"])
def test_mlflow_has_parameters_losses_scores_and_where_the_model_lies(store: str, tmp_path: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    if store == "sqlite":
        pytest.importorskip("sqlalchemy")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # later versions ask for it
    uri = {"file": f"file:{tmp_path}/store", "sqlite": f"sqlite:///{tmp_path}/store.db"}[store]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert train(tmp_path, "[]", name="plain") == 0
    assert train(tmp_path, "['mlflow']") == 0
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("unbraid").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "run"
    assert run.data.params["AdamOptimizer.learning_rate"] == "0.001"
    assert run.data.params["random_seed"] == "3"
    assert run.data.tags["model_dir"] == str(tmp_path / "run")
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "train/loss")]
    assert steps == [2, 4]
    assert run.data.metrics["evaluation/mig"] == pytest.approx(_score(tmp_path / "run"))
    assert "results/loss" in run.data.metrics
    plain, tracked = weights(tmp_path / "plain"), weights(tmp_path / "run")
    assert all(torch.equal(tensor, tracked[key]) for key, tensor in plain.items())

    assert train(tmp_path, "['mlflow']", 8, "--resume") == 0
    (run,) = client.search_runs([client.get_experiment_by_name("unbraid").experiment_id])
    assert [metric.step for metric in client.get_metric_history(run.info.run_id, "train/loss")] == [2, 4, 6, 8]
    assert run.info.status == "FINISHED"
    assert (run.data.params["model.training_steps"], run.data.tags["model.training_steps"]) == ("4", "8")

    assert train(tmp_path, "['mlflow']", 4, "--overwrite") == 0
    assert len(client.search_runs([client.get_experiment_by_name("unbraid").experiment_id])) == 2


def _score(model_dir: Path) -> float:
    return float((model_dir / "scores.csv").read_text().splitlines()[1].split(",")[1])


def test_wandb_keeps_an_offline_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert train(tmp_path, "['wandb']") == 0
    assert train(tmp_path, "['wandb']", 8, "--resume") == 0
    first, second = (_records(path) for path in sorted((tmp_path / "run").glob("wandb/offline-run-*/*.wandb")))
    assert first["id"] == second["id"] == json.loads((tmp_path / "run" / "trackers.json").read_text())["wandb"]
    assert first["config"]["AdamOptimizer.learning_rate"] == "0.001"
    assert first["config"]["model_dir"] == str(tmp_path / "run")
    steps = [row["global_step"] for row in (*first["history"], *second["history"]) if "train/loss" in row]
    assert steps == [2, 4, 6, 8]
    assert [row["evaluation/mig"] for row in first["history"] if "evaluation/mig" in row] == [
        pytest.approx(_score(tmp_path / "run"))]


def _records(path: Path) -> dict[str, Any]:
    """What an offline run holds: its id, configuration and rows."""
    from wandb.proto import wandb_internal_pb2

    found: dict[str, Any] = {"config": {}, "history": []}
    for data in _log_records(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.HasField("run"):
            found["id"] = record.run.run_id
            found["config"] |= _values(record.run.config.update)
        found["config"] |= _values(record.config.update)
        if record.HasField("history"):
            found["history"].append(_values(record.history.item))
    return found


def _log_records(content: bytes) -> Iterator[bytes]:
    """The records of a file of W&B, which is LevelDB's log format after seven bytes."""
    place, data = 7, b""
    while place + 7 <= len(content):
        if LOG_BLOCK - place % LOG_BLOCK < 7:  # no header fits: the block ends in zeros
            place += LOG_BLOCK - place % LOG_BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", content[place:place + 7])
        data += content[place + 7:place + 7 + length]
        place += 7 + length
        if kind in (FULL, LAST):
            yield data
            data = b""


def _values(items: Sequence[Any]) -> dict[str, Any]:
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_package_that_is_missing_is_named_before_anything_is_written(
        name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    assert train(tmp_path, f"['{name}']") == 2
    assert f"pip install 'unbraid[{name}]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("value", ["['mlfow']", "'mlflow'", "[3]"])
def test_names_are_checked_at_once(value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, value) == 2
    assert "model.trackers" in (message := capsys.readouterr().err)
    assert "expected a list, each item one of 'mlflow', 'wandb'" in message
    assert not (tmp_path / "run").exists()


class Recorded:
    """A tracker that can be told to fail."""

    run_id = "1"

    def __init__(self, fails: bool):
        self.fails, self.steps, self.closed = fails, [], None  # type: ignore[var-annotated]

    def log(self, step: int, values: Mapping[str, float]) -> None:
        if self.fails and step > 2:
            raise ConnectionError("no route to host")
        self.steps.append(step)

    def close(self, finished: bool) -> None:
        self.closed = finished


def test_a_tracker_that_fails_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = Recorded(True), Recorded(False)
    trackers = Trackers({"mlflow": bad, "wandb": good})
    with caplog.at_level(logging.WARNING):
        for step in range(1, 6):
            trackers.log(step, {"train/loss": 1.0})
    trackers.close(True)
    assert caplog.messages == ["mlflow takes no more numbers of this run: ConnectionError: no route to host."]
    assert (bad.steps, bad.closed, good.steps, good.closed) == ([1, 2], None, [1, 2, 3, 4, 5], True)
