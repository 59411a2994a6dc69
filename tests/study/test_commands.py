"""Several commands on one study: refused, shared out, watched, estimated, and retried when a task is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_cases import run

from unbraid.common.commands.command_line import NO_MEMORY
from unbraid.study.__main__ import main
from unbraid.study.progress import read_states
from unbraid.study.worker import run_task, state_file

ONE = {"cores": 1, "gpus": 0, "tasks_per_gpu": 1}


def another_holds(path: Path) -> subprocess.Popen[bytes]:
    """Starts a process that holds the lock of a path until `communicate` is called."""
    code = ("import sys\nfrom unbraid.common.disk.locks import locked\n"
            "with locked(sys.argv[1]):\n    print(flush=True)\n    sys.stdin.read()")
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    return process


def test_a_task_that_is_started_twice_waits_for_the_first(make_task, tmp_path: Path) -> None:
    """A job may outlive its command, and a scheduler may start a task again on another machine."""
    folder, task = tmp_path / "study", make_task("4")
    place = state_file(folder, "4")
    place.parent.mkdir(parents=True)
    second = threading.Thread(target=run_task, args=(task.to_json(), str(folder), ONE, 1))
    holder = another_holds(place)
    second.start()
    time.sleep(0.5)
    assert not Path(f"{task.output}.tries").exists()
    holder.communicate()
    second.join(60)
    assert read_states(folder)["4"]["status"] == "done"
    assert Path(f"{task.output}.tries").stat().st_size == 1


@pytest.mark.parametrize(("how", "message"), [
    ("killed", "was ended by a kill, perhaps for lack of memory"), ("no_memory", NO_MEMORY)])
@pytest.mark.parametrize("retries", [0, 2])
def test_a_task_without_memory_is_retried_and_then_listed(make_task, tmp_path: Path, how: str, message: str,
                                                          retries: int) -> None:
    ended = run([make_task("1", how), make_task("4")], tmp_path / "study", "local:1", retries)
    assert (ended["1"]["status"], ended["1"]["attempt"]) == ("failed", 1 + retries)
    assert message in ended["1"]["error"]
    assert ended["4"]["status"] == "done"


def arguments(folder: Path, *more: str) -> list[str]:
    return ["--models", str(folder / "model_*.pt"), "--output_dir", str(folder / "out"), "--metrics", "mig",
            "--gin_bindings", "dataset.name = 'custom'", "mig.num_train = 9", *more]


def test_a_second_command_on_a_study_is_refused_and_names_the_first(tmp_path: Path, capsys) -> None:
    (tmp_path / "model_0.pt").write_bytes(b"no model")
    other = another_holds(tmp_path / "out")
    assert main(arguments(tmp_path)) == 2
    assert f"is being written by -c (process {other.pid} on " in capsys.readouterr().err
    other.communicate()


def test_parts_are_the_whole_and_an_estimate_is_made_of_what_is_finished(tmp_path: Path, capsys) -> None:
    """Models that cannot be read end at once; nothing but the division of the tasks is looked at."""
    for number in range(7):
        (tmp_path / f"model_{number}.pt").write_bytes(b"no model")
    assert main(arguments(tmp_path, "--dry_run")) == 0
    assert "7 of 7 tasks to run; no task is finished yet, so there is no estimate." in capsys.readouterr().out
    listed = []
    for part in (1, 2, 3):
        assert main(arguments(tmp_path, "--shard", f"{part}/3", "--dry_run")) == 0
        listed += [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert sorted(listed) == [f"model_{number}" for number in range(7)]
    assert not (tmp_path / "out").exists()


def test_the_status_shows_what_runs_while_it_runs(make_task, tmp_path: Path, capsys) -> None:
    study = threading.Thread(target=run, args=([make_task("4", "slow")], tmp_path / "study", "local:1"))
    study.start()
    while not read_states(tmp_path / "study"):
        time.sleep(0.02)
    assert main(["--output_dir", str(tmp_path / "study"), "--status"]) == 0
    assert ["running", "1"] in [line.split() for line in capsys.readouterr().out.splitlines()]
    study.join()
    line = json.loads((tmp_path / "study" / "tasks.jsonl").read_text())
    assert line["seconds"] > 1
    assert line["peak_mib"] > 0
    assert line["host"]
