"""What unbraid-study costs beside the work: overhead per task, two workers against one, and collecting results.

    python benchmarks/study_engines.py overhead local:2 dask:2 ray:2
    python benchmarks/study_engines.py workers local dask
    python benchmarks/study_engines.py collect 10 100 1000 10000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from unbraid.study.driver import run_tasks
from unbraid.study.engines import make_engine
from unbraid.study.task import Task
from unbraid.study.worker import Resources, run_task

NUM_TASKS = 200
BUSY_TASKS = 8
METRICS = 9  # per model, as in dlib_2019
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
    """unbraid-aggregate with a leaderboard over made-up studies of so many results, in a process of its own."""
    for size in map(int, sizes):
        with tempfile.TemporaryDirectory() as folder:
            make_results(Path(folder), size)
            for label in ("first", "again"):
                start, output = time.perf_counter(), Path(folder) / "out"
                process = subprocess.Popen(
                    [sys.executable, "-m", "unbraid.evaluation.reporting.aggregate", "--result_file_pattern", folder,
                     "--output_path", f"{output}.json", f"{output}.csv", "--leaderboard", f"{output}.html"],
                    stdout=subprocess.DEVNULL)
                _, status, usage = os.wait4(process.pid, 0)
                assert status == 0, status
                print(f"{size:6} results, {label}: {time.perf_counter() - start:6.1f} s, processor "
                      f"{usage.ru_utime + usage.ru_stime:6.1f} s, {usage.ru_maxrss / 1024:6.0f} MiB", flush=True)


def make_results(folder: Path, number: int) -> None:
    """Result files as a training, an export and an evaluation leave them; the models differ in beta and seed."""
    for index in range(number):
        model, metric = divmod(index, METRICS)
        values = {
            "train_config.model.model": "@vae()", "train_config.vae.beta": str(float(model % 6 + 1)),
            "train_config.model.random_seed": str(model // 6), "train_config.dataset.name": "'dsprites_full'",
            **{f"train_config.encoder.parameter_{number}": "1" for number in range(30)},
            "evaluation_config.evaluation.evaluation_fn": "@mig", "evaluation_config.evaluation.name": f"'m{metric}'",
            "evaluation_config.evaluation.random_seed": "0", "evaluation_config.dataset.name": "'dsprites_full'",
            **{f"evaluation_config.mig.parameter_{number}": "1" for number in range(10)},
            "evaluation_results.discrete_mig": (model % 7) / 7, "evaluation_results.elapsed_time": 1.0,
            "evaluation_results.uuid": f"{index}", "evaluation_results.fingerprint": {
                "artifact": 64 * "a", "setting": {f"mig.parameter_{number}": "1" for number in range(20)}},
            "evaluation_results.library_versions": {f"library_{number}": "1.0" for number in range(8)}}
        path = folder / str(model) / "metrics" / f"m{metric}" / "results" / "aggregate" / "evaluation.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "workers", "collect"))
    parser.add_argument("values", nargs="+", help="engines, or numbers of results")
    arguments = parser.parse_args()
    {"overhead": overhead, "workers": workers, "collect": collect}[arguments.what](arguments.values)


if __name__ == "__main__":
    main()
