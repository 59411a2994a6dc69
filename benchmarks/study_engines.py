"""What unbraid-study costs beside the work: overhead per task, two workers against one, and collecting results.

    python benchmarks/study_engines.py overhead local:2 dask:2 ray:2
    python benchmarks/study_engines.py workers local dask
    python benchmarks/study_engines.py collect 10 100 1000 10000
    python benchmarks/study_engines.py report 10 100 1000 10000
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unbraid.study.driver import run_tasks
from unbraid.study.engines import make_engine
from unbraid.study.task import Task
from unbraid.study.worker import Resources, run_task

NUM_TASKS = 200
BUSY_TASKS = 8
METRICS = 9  # per model, as in dlib_2019
KINDS = ("study", "search", "settings")  # of made-up results
WORK = "import time; start = time.process_time()\nwhile time.process_time() - start < 1.0: sum(range(1000))\n"


def seconds_for(tasks: Sequence[Task], engine_name: str, folder: Path) -> float:
    """Wall time of a study, the start of the engine left out."""
    engine = make_engine(engine_name, run_task, 1, {"folder": str(folder / "slurm")})
    try:
        run_tasks([Task("warm", str(folder / "warm"), ())], folder, engine, Resources(), 0)
        start = time.perf_counter()
        run_tasks(tasks, folder, engine, Resources(), 0)
        return time.perf_counter() - start
    finally:
        engine.close()


def overhead(engines: Sequence[str]) -> None:
    """Tasks without a step: what is left is the engine, the states on disk and the log."""
    for name in engines:
        with tempfile.TemporaryDirectory() as folder:
            tasks = [Task(str(number), f"{folder}/{number}", ()) for number in range(NUM_TASKS)]
            print(f"{name:12} {1000 * seconds_for(tasks, name, Path(folder)) / NUM_TASKS:8.1f} ms per task", flush=True)


def workers(engines: Sequence[str]) -> None:
    """Tasks of one second of processor time each, with one worker and with two."""
    for name in engines:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "busy_second.py").write_text(WORK)
            os.environ["PYTHONPATH"] = folder
            tasks = [Task(str(number), f"{folder}/{number}", (("busy_second",),)) for number in range(BUSY_TASKS)]
            one, two = (seconds_for(tasks, f"{name}:{count}", Path(folder)) for count in (1, 2))
            print(f"{name:12} one worker {one:6.1f} s, two {two:6.1f} s, ratio {one / two:.2f}", flush=True)


def collect(sizes: Sequence[str]) -> None:
    """unbraid-aggregate with a leaderboard over made-up results, in a process of its own: the first time and again."""
    for kind, size in itertools.product(KINDS, map(int, sizes)):
        with tempfile.TemporaryDirectory() as folder:
            make_results(Path(folder) / "runs", size, kind)
            for label in ("first", "again"):
                print(f"{size:6} results, {kind:9} {label}: {cost_of('aggregate', *aggregation(folder))}", flush=True)


def report(sizes: Sequence[str]) -> None:
    """unbraid-report over made-up results, in a process of its own."""
    for size in map(int, sizes):
        with tempfile.TemporaryDirectory() as folder:
            make_results(Path(folder) / "runs", size, "study")
            cost = cost_of("report", f"{folder}/runs", "--output_path", f"{folder}/report.html")
            print(f"{size:6} results: {cost}", flush=True)


def aggregation(folder: str) -> list[str]:
    return ["--result_file_pattern", f"{folder}/runs", "--output_path", f"{folder}/out.json", f"{folder}/out.csv",
            "--leaderboard", f"{folder}/out.html", f"{folder}/out.md"]


def cost_of(command: str, *arguments: str) -> str:
    """Wall time, processor time and peak memory of a command of the reports."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", f"unbraid.evaluation.reporting.{command}", *arguments],
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"unbraid-{command} ended with status {status}.")
    return (f"{time.perf_counter() - start:6.1f} s, processor {usage.ru_utime + usage.ru_stime:6.1f} s, "
            f"{usage.ru_maxrss / 1024:6.0f} MiB")


def make_results(folder: Path, number: int, kind: str) -> None:
    """Result files as a training, an export and an evaluation leave them, of 7 kB each.

    kind: "study" for models that differ in beta and seed under METRICS metrics; "search" for models that each have a
    learning rate and a beta of their own; "settings" for models that also were each scored under a setting of their
    own, so that no two scores may be compared."""
    for index in range(number):
        model, metric = (index, 0) if kind == "settings" else divmod(index, METRICS)
        path = folder / str(model) / "metrics" / f"m{metric}" / "results" / "aggregate" / "evaluation.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(made_up_result(index, model, metric, kind)))


def made_up_result(index: int, model: int, metric: int, kind: str) -> dict[str, Any]:
    beta, seed = (model % 6 + 1, model // 6) if kind == "study" else (model + 1, 0)
    rate = 1e-4 if kind == "study" else 1e-4 + 1e-8 * model
    num_train = index + 1 if kind == "settings" else 10000
    sha256 = hashlib.sha256(str(index).encode()).hexdigest()
    setting = {"mig.num_train": str(num_train), **{f"mig.parameter_{number}": "1" for number in range(20)}}
    train = {"model.model": "@vae()", "vae.beta": str(float(beta)), "model.random_seed": str(seed),
             "dataset.name": "'dsprites_full'", "AdamOptimizer.learning_rate": str(rate),
             **{f"encoder.parameter_{number}": "1" for number in range(40)}}
    return {
        **{f"train_config.{name}": value for name, value in train.items()},
        **{f"train_results.loss_{number}": 1.0 + index for number in range(20)},
        "evaluation_config.evaluation.evaluation_fn": "@mig", "evaluation_config.evaluation.name": f"'m{metric}'",
        "evaluation_config.evaluation.random_seed": "0", "evaluation_config.dataset.name": "'dsprites_full'",
        **{f"evaluation_config.{name}": value for name, value in setting.items()},
        "evaluation_results.discrete_mig": index % 7 / 7, "evaluation_results.elapsed_time": 1.0,
        "evaluation_results.local_discrete_migs_samples": [index / (number + 1) for number in range(20)],
        "evaluation_results.uuid": sha256[:36], "evaluation_results.artifact_sha256": sha256,
        "evaluation_results.settings_sha256": sha256,
        "evaluation_results.fingerprint": {"artifact": sha256, "setting": setting},
        "evaluation_results.contents": {"keys_sha256": sha256, "artifacts": {"artifacts/matrix.npz": sha256}},
        "evaluation_results.library_versions": {f"library_{number}": "1.0" for number in range(8)}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "workers", "collect", "report"))
    parser.add_argument("values", nargs="+", help="engines, or numbers of results")
    arguments = parser.parse_args()
    {"overhead": overhead, "workers": workers, "collect": collect, "report": report}[arguments.what](arguments.values)


if __name__ == "__main__":
    main()
