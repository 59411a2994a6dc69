"""A training whose worker is taken away goes on from its checkpoint and ends with the same weights to the bit."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from engine_cases import end_worker, engine_case, pids, run

from unbraid.study.selection import tasks_of_study
from unbraid.study.task import Task
from unbraid.training.running.checkpoint import CheckpointError, read_checkpoint

STEPS = 100
BINDINGS = ["dataset.name = 'dummy_data'", f"model.training_steps = {STEPS}", "model.batch_size = 2",
            "model.checkpoint_steps = 10", "model.eval_steps = 1"]
CASES = [("local:1", None, "SIGTERM"), ("local:1", None, "SIGKILL"), ("dask:1", "distributed", "SIGTERM"),
         ("dask:1", "distributed", "SIGKILL"), ("ray:1", "ray", "SIGTERM"), ("ray:1", "ray", "SIGKILL"),
         ("slurm:local", "submitit", "SIGUSR2"), ("slurm:local", "submitit", "SIGKILL")]


def training(output: Path) -> Task:
    """The first step of a model of a study."""
    (task,) = tasks_of_study("unsupervised_study_v1", "0", output, 1, BINDINGS, ["mig"], None)
    return replace(task, commands=task.commands[:1])


def step(model: Path) -> int:
    try:
        return int(read_checkpoint(model)["step"])
    except CheckpointError:
        return -1


def take_away(model: Path, number: signal.Signals, worker: bool) -> None:
    """Waits for a checkpoint within the training and ends its process, or the worker that has started it."""
    while step(model) < 10:
        time.sleep(0.05)
    training = f"unbraid.training.*{model}"
    if worker:
        end_worker(training, number)
    else:
        os.kill(pids(training)[0], number)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    output = tmp_path_factory.mktemp("undisturbed") / "study"
    output.mkdir()
    run([training(output)], output, "local:1")
    return read_checkpoint(output / "0" / "model")["objective"]


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "number"), [
    pytest.param(name, number, marks=engine_case(name, module).marks) for name, module, number in CASES])
def test_a_preempted_training_goes_on(tmp_path: Path, undisturbed, engine: str, number: str) -> None:
    output = tmp_path / "study"
    output.mkdir()
    model = output / "0" / "model"
    killer = threading.Thread(target=take_away, args=(model, signal.Signals[number], engine != "local:1"))
    killer.start()
    run([training(output)], output, engine)
    killer.join()
    lines = [json.loads(line) for line in (output / "tasks.jsonl").read_text().splitlines()]
    is_queued_again = number == "SIGUSR2"  # by the scheduler, within one attempt
    assert [line["status"] for line in lines] == (["done"] if is_queued_again else ["failed", "done"])
    assert (output / "logs" / "0.log").read_text().count("=== attempt ") == 2
    assert step(model) == STEPS
    weights = read_checkpoint(model)["objective"]
    assert weights.keys() == undisturbed.keys()
    assert all(torch.equal(weights[name], undisturbed[name]) for name in weights)
