"""Every engine runs the same study to the same end: killed tasks are tried again, bad ones listed, none run twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_cases import end_worker, engine_case, run

from unbraid.study.__main__ import main
from unbraid.study.driver import pending
from unbraid.study.progress import read_states, summary
from unbraid.study.task import Task
from unbraid.study.worker import run_task

ENGINES = [engine_case("local:2", None), engine_case("dask:2", "distributed"),
           engine_case("ray:2", "ray", pytest.mark.slow), engine_case("slurm:local", "submitit", pytest.mark.slow)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_study_comes_to_its_end(make_task, tmp_path: Path, engine: str, monkeypatch) -> None:
    monkeypatch.setattr("unbraid.study.worker.BUSY_POLL_SECONDS", 0.1)
    how = {3: "killed_once", 7: "bad", 11: "busy_once", 13: "crash"}
    if engine != "local:2":  # there the worker is the study itself
        how[5] = "worker_killed_once"
    folder = tmp_path / "study"
    tasks = [make_task(str(number), how.get(number, "")) for number in range(20)]
    ended = run(tasks, folder, engine)

    failed = {name: state["error"] for name, state in ended.items() if state["status"] == "failed"}
    assert failed == {"7": "study_step: the model is bad.", "13": "RuntimeError: a defect"}
    for task in tasks:
        if task.name not in failed:
            result = Path(task.output) / "metrics" / "mig" / "results" / "json" / "evaluation_results.json"
            assert json.loads(result.read_text())["score"] == int(task.name) ** 0.5
    tries = {task.name: Path(f"{task.output}.tries").stat().st_size for task in tasks}
    assert {name: number for name, number in tries.items() if number != 1} == {
        "3": 2, "11": 2, "13": 3, **({"5": 2} if 5 in how else {})}

    again = pending(tasks, read_states(folder), check=False)
    assert [task.name for task in again] == ["7", "13"]
    lines = [json.loads(line) for line in (folder / "tasks.jsonl").read_text().splitlines()]
    attempts = sum(tries.values()) - 1  # the step whose output was busy is started again within its attempt
    assert len(lines) >= attempts  # a task may be lost with a worker at which it only waited
    assert {"host", "seconds", "peak_mib", "steps"} <= lines[0].keys()
    if 5 in how:
        lost = next(line for line in lines if line["name"] == "5" and line["status"] == "failed")
        assert lost["host"] == socket.gethostname()
        assert len(lost["steps"]) == 1
        assert lost["seconds"] > 0
    assert "ended by a kill" in next(line["error"] for line in lines if (line["name"], line["attempt"]) == ("3", 1))
    table = summary(folder)
    assert "2 failed:\n  13: RuntimeError: a defect\n  7: study_step: the model is bad." in table
    assert "18 done" in (folder / "status.html").read_text()


@pytest.mark.parametrize(("how", "attempts"), [("incomplete", 1), ("bad", 1), ("crash", 3)])
def test_only_what_may_succeed_is_tried_again(make_task, tmp_path: Path, how: str, attempts: int) -> None:
    ended = run([make_task("1", how)], tmp_path / "study", "local:1")
    assert ended["1"]["attempt"] == attempts
    assert (tmp_path / "study" / "logs" / "1.log").read_text().count("=== attempt ") == attempts


@pytest.mark.parametrize("retries", [0, 1])
def test_retries_end(make_task, tmp_path: Path, retries: int) -> None:
    ended = run([make_task("1", "crash")], tmp_path / "study", "local:1", retries)
    assert ended["1"]["attempt"] == retries + 1


def test_a_step_sees_its_cores_and_one_gpu(make_task, tmp_path: Path, monkeypatch) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text("import os, sys, json\njson.dump(dict(os.environ), open(sys.argv[1], 'w'))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    task = Task("p", str(tmp_path / "p"), (("probe", str(tmp_path / "environment.json")),))
    assert run_task(task.to_json(), str(tmp_path), {"cores": 3, "gpus": 2, "tasks_per_gpu": 2}, 1)["status"] == "done"
    seen = json.loads((tmp_path / "environment.json").read_text())
    assert {seen[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "UNBRAID_CORES")
            } == {"3"}
    assert seen["CUDA_VISIBLE_DEVICES"] in ("4", "6")


def make_models(folder: Path, number: int) -> list[str]:
    """A data file, models that are linear maps of its images, and one file that is no model; returns the patterns."""
    factors = np.stack([axis.ravel() for axis in np.indices((4, 4, 4))], axis=1)
    images = (factors @ np.random.RandomState(0).uniform(size=(3, 256)) * 20).astype(np.uint8)
    np.savez(folder / "data.npz", images=images.reshape(-1, 16, 16), factors=factors)
    for seed in range(number - 1):
        torch.manual_seed(seed)
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 4)).eval()
        torch.jit.save(torch.jit.trace(network, torch.rand(2, 1, 16, 16)), str(folder / f"model_{seed:02}.pt"))
    (folder / f"model_{number - 1:02}.pt").write_bytes(b"no model")
    return [str(folder / "model_*.pt")]


@pytest.mark.slow
@pytest.mark.parametrize("engine", [case for case in ENGINES if case.values[0] != "local:2"])
def test_models_have_the_same_scores_on_every_engine(tmp_path: Path, engine: str, capsys) -> None:
    """One worker is killed while it scores, and one model is bad."""
    number = 5 if engine == "slurm:local" else 20
    patterns = make_models(tmp_path, number)

    def score(name: str, output: str) -> dict[str, float]:
        bindings = ["dataset.name = 'custom'", f"custom_data.path = '{tmp_path}/data.npz'", "mig.num_train = 50",
                    "sap_score.num_train = 50", "sap_score.num_test = 20"]
        assert main(["--models", *patterns, "--output_dir", str(tmp_path / output), "--engine", name,
                     "--metrics", "mig", "sap_score", "--gin_bindings", *bindings]) == 1
        assert f"1 failed:\n  model_{number - 1:02}: unbraid-evaluate: " in capsys.readouterr().out
        files = sorted((tmp_path / output).glob("*/metrics/*/results/json/evaluation_results.json"))
        return {str(file.relative_to(tmp_path / output)): json.loads(file.read_text()) for file in files}

    ours = score("local:2", "local")
    killer = threading.Thread(target=end_worker, args=(f"unbraid.evaluation.*{tmp_path}/engine/",))
    killer.start()
    theirs = score(engine, "engine")
    killer.join()
    errors = [json.loads(line)["error"] for line in (tmp_path / "engine" / "tasks.jsonl").read_text().splitlines()]
    assert len([error for error in errors if error and "unbraid-evaluate" not in error]) >= 1
    assert len(ours) == 2 * (number - 1)
    assert {file: (found.get("discrete_mig"), found.get("SAP_score")) for file, found in ours.items()} == {
        file: (found.get("discrete_mig"), found.get("SAP_score")) for file, found in theirs.items()}
    assert (tmp_path / "engine" / "leaderboard.html").is_file()
    assert {file: found["uuid"] for file, found in score(engine, "engine").items()} == {
        file: found["uuid"] for file, found in theirs.items()}
    assert main(["--output_dir", str(tmp_path / "engine"), "--status"]) == 0
    assert ["done", str(number - 1)] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_an_interrupted_study_ends_its_steps_and_goes_on_later(tmp_path: Path) -> None:
    """The first step of the only model reads a pipe that nobody writes to, so it runs until it is told to end."""
    patterns = make_models(tmp_path, 2)
    os.mkfifo(tmp_path / "never.npz")
    command = [sys.executable, "-m", "unbraid.study", "--models", patterns[0], "--output_dir", str(tmp_path / "out"),
               "--metrics", "mig", "--gin_bindings", "dataset.name = 'custom'",
               f"custom_data.path = '{tmp_path}/never.npz'"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if list((tmp_path / "out" / "tasks").glob("*/model_00.json")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert (process.stderr or sys.stderr).read().strip().endswith("interrupted.")
    assert not subprocess.run(["pgrep", "-f", f"{tmp_path}/never.npz"], capture_output=True, check=False).stdout
