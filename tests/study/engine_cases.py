"""Engines as cases of tests, and a study of given tasks on one of them."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from unbraid.study.driver import refresh_page, run_tasks
from unbraid.study.engines import make_engine
from unbraid.study.task import Task
from unbraid.study.worker import Resources, run_task


def engine_case(name: str, module: str | None, *marks: pytest.MarkDecorator):
    missing = module is not None and importlib.util.find_spec(module) is None
    return pytest.param(name, marks=[pytest.mark.skipif(missing, reason=f"{module} is not installed"), *marks])


def run(tasks: list[Task], folder: Path, name: str, retries: int = 2) -> dict:
    engine = make_engine(name, run_task, 1, {"folder": str(folder / "slurm")})
    try:
        return run_tasks(tasks, folder, engine, Resources(), retries)
    finally:
        engine.close()
        refresh_page(folder, tasks)


def end_worker(step: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Waits for a process with a command line of this pattern and sends a signal to the worker that has started it."""
    while not (found := pids(step)):
        time.sleep(0.05)
    os.kill(int(Path(f"/proc/{found[0]}/stat").read_text().rpartition(")")[2].split()[1]), number)


def pids(pattern: str) -> list[int]:
    """The processes whose command lines match a pattern."""
    return [*map(int, subprocess.run(["pgrep", "-f", pattern], capture_output=True, check=False).stdout.split())]
