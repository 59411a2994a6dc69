"""From data to a report in one process, as a user of another system would go; run by test_other_systems.

With the argument `second` it is the process that finds an output locked."""

from __future__ import annotations

import importlib
import subprocess
import sys

import numpy as np
import pytest

from unbraid.common.commands.children import run_child
from unbraid.common.console import COMMANDS
from unbraid.common.disk.locks import BusyError, locked
from unbraid.common.system import file_locks
from unbraid.study.progress import status_of
from unbraid.study.worker import run_task

BINDINGS = ["model.batch_size = 4", "model.eval_steps = 1", "dataset.name = 'custom'", "custom_data.path = 'data.npz'"]
SMALL = ["mig.num_train = 50", "dci_es.num_train = 50", "dci_es.num_test = 20"]


def command(name: str, *arguments: str) -> None:
    assert importlib.import_module(f"unbraid{COMMANDS[name][0]}").main(arguments) == 0, (name, arguments)


def write_data() -> None:
    """A grid of 3 x 4 images, not compressed, so that rows are read at their offsets."""
    factors = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), axis=-1).reshape(-1, 2)
    images = np.random.RandomState(0).randint(0, 255, (12, 64, 64, 1), dtype=np.uint8)
    np.savez("data.npz", images=images, factors=factors)


def train(steps: int, *arguments: str) -> None:
    command("train", "--model_dir", "model", "--gin_config", "quickstart_beta_vae", "--device", "cpu", *arguments,
            "--gin_bindings", f"model.training_steps = {steps}", *BINDINGS)


def score(output: str, model: str, *arguments: str) -> None:
    command("evaluate", "--model_dir", model, "--output_dir", output, "--gin_config", "mig", *arguments,
            "--gin_bindings", *SMALL)


def run_study_task() -> None:
    """A task of a study that holds a GPU's place."""
    task = {"name": "task", "output": "study", "commands": [["unbraid.ground_truth", "list"]], "inputs": []}
    state = run_task(task, "study", {"cores": 1, "gpus": 1, "tasks_per_gpu": 1}, attempt=1)
    assert state["status"] == "done", state
    assert status_of({**state, "status": "running"}) == "running"


def find_locked() -> None:
    with pytest.raises(BusyError, match=r"journey\.py \(process"), locked("held"):
        pass


def main() -> None:
    write_data()
    train(2)
    train(3, "--resume")
    command("export", "--model_dir", "model", "--output_dir", "representation", "--formats", "onnx")
    score("scores", "representation")
    score("scores", "representation", "--resume")
    assert "custom" in run_child("unbraid.ground_truth", ["list"], capture=True).stdout
    command("report", "scores", "--output_path", "report.html")
    run_study_task()
    if not (file_locks.fcntl or file_locks.msvcrt):
        return  # a system without locks keeps nobody away
    with locked("held"):
        subprocess.run([sys.executable, __file__, "second"], check=True)


if __name__ == "__main__":
    find_locked() if sys.argv[1:] == ["second"] else main()
