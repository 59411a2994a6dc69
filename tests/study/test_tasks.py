"""Which models, which part of them, and what counts as done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unbraid.common.errors import UserError
from unbraid.study import task as task_module
from unbraid.study.__main__ import main, parse_shard
from unbraid.study.selection import numbers_of, tasks_of_study, with_kept_codes
from unbraid.study.task import Task, shard
from unbraid.study.worker import run_task

ONE = {"cores": 1, "gpus": 0, "tasks_per_gpu": 1}


@pytest.mark.parametrize(("text", "expected"), [
    ("all", [0, 1, 2, 3, 4]), ("3", [3]), ("0-2", [0, 1, 2]), ("4,0-1,1-2", [4, 0, 1, 2]), (" 1 , 3 ", [1, 3])])
def test_numbers_are_listed_once_in_order(text: str, expected: list[int]) -> None:
    assert numbers_of(text, 5) == expected


@pytest.mark.parametrize(("text", "message"), [
    ("2-1", "'2-1' is no number or range"), ("a", "'a' is no number"), ("1,,2", "'' is no number"), ("", "'' is no"),
    ("5", "has the models 0 to 4; got 5"), ("0-99", "got 99"), ("-1", "'-1' is no number")])
def test_other_numbers_are_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        numbers_of(text, 5)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_every_task_once(count: int) -> None:
    tasks = [Task(str(number), "", ()) for number in range(20)]
    parts = [shard(tasks, number, count) for number in range(1, count + 1)]
    assert sorted(int(task.name) for part in parts for task in part) == list(range(20))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "/", "-1/2"])
def test_a_shard_that_cannot_be_is_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match=r"expected I/N with I from 1 to N"):
        parse_shard(text)


def test_a_model_of_a_study_is_trained_exported_and_scored(tmp_path: Path) -> None:
    first, second = tasks_of_study("jl1_vae", "0-1", tmp_path, 3, [], ["mig"], None)
    assert [command[0] for command in first.commands] == ["unbraid.training", "unbraid.export", "unbraid.evaluation"]
    assert first.commands[2][1:3] == ("--jobs", "3")
    assert (first.name, second.output) == ("0", str(tmp_path / "1"))
    assert all("--resume" in command for command in first.commands)


def test_a_task_survives_the_way_to_another_machine() -> None:
    task = Task("a", "b", (("c", "d"), ("e",)), ("f",))
    assert Task.from_json(task.to_json()) == task


@pytest.fixture
def done(make_task, tmp_path: Path):
    """A finished task with a data file and an input, and its state."""
    for name in ("data.npz", "model.pt"):
        (tmp_path / name).write_text(name)
    task = make_task("4", "", str(tmp_path / "data.npz"))
    task = Task(task.name, task.output, task.commands, (str(tmp_path / "model.pt"),))
    state = run_task(task.to_json(), str(tmp_path / "study"), ONE, 1)
    assert state["status"] == "done"
    assert task.is_done(state)
    return task, state


@pytest.mark.parametrize("change", ["data.npz", "model.pt", "result", "no result", "command", "code", "version", "key",
                                    "failed", "no state"])
def test_a_task_is_not_done_once_something_has_changed(done, tmp_path: Path, change: str, monkeypatch) -> None:
    task, state = done
    result = Path(task.output) / "metrics" / "mig" / "results" / "json" / "evaluation_results.json"
    if change in ("data.npz", "model.pt"):
        (tmp_path / change).write_text("changed content")
    elif change == "result":
        os.utime(result, (0, 0))
    elif change == "no result":
        result.unlink()
    elif change == "command":
        task = Task(task.name, task.output, (("other",),), task.inputs)
    elif change == "code":
        monkeypatch.setattr(task_module, "code_sha256", lambda *folders: "other")
        task_module._software.cache_clear()
    elif change == "version":
        monkeypatch.setattr(task_module, "library_versions", lambda *names: {"numpy": "99"})
        task_module._software.cache_clear()
    elif change == "key":
        state = {**state, "key": "other"}
    elif change == "failed":
        state = {**state, "status": "failed"}
    assert not task.is_done(None if change == "no state" else state)
    task_module._software.cache_clear()


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "Expected either --study NAME or --models PATTERN."),
    (["--study", "jl1_vae", "--models", "a"], "Expected either --study NAME or --models PATTERN."),
    (["--study", "jl2_vae"], "Did you mean jl1_vae"),
    (["--study", "jl1_vae", "--model_num", "0-"], "is no number or range"),
    (["--study", "jl1_vae", "--gin_config", "mig"], "--gin_config is not for --study"),
    (["--study", "jl1_vae", "--model_num", "0", "--engine", "spark"], "--engine spark is unknown; expected one of"),
    (["--study", "jl1_vae", "--model_num", "0", "--engine", "local:x"], "--engine local:x is unknown"),
    (["--study", "jl1_vae", "--cores_per_task", "0"], "--cores_per_task is 0; expected 1 or more."),
    (["--study", "jl1_vae", "--shard", "9/8"], "--shard 9/8: expected I/N"),
    (["--models", "no/such/*"], "nothing matches it"),
    (["--models", "setup.py", "--metrics", "migg"], "Did you mean mig"),
    (["--models", "setup.py", "--metrics", "udr"], "udr compares models"),
    (["--status"], "is no study: expected tasks/ in it"),
    (["--study", "jl1_vae", "--model_num", "0-999999999999"], "the study has the models 0 to 162; got 999999999999"),
    (["--study", "jl1_vae", "--model_num", "9" * 5000], "is no number or range"),
    (["--study", "jl1_vae", "--model_num", "0", "--shard", "²/8"], "expected I/N"),
    (["--study", "jl1_vae", "--model_num", "0", "--output_dir", "setup.py"], "setup.py is a file; expected a folder"),
])
def test_mistakes_are_one_sentence_and_write_nothing(arguments, message, tmp_path: Path, capsys) -> None:
    assert main(["--output_dir", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_kept_codes_have_a_file_for_each_representation(tmp_path: Path) -> None:
    (task,) = tasks_of_study("jl1_vae", "0", tmp_path, 1, [], ["mig"], None)
    steps = {command[0]: command for command in with_kept_codes(task).commands}
    assert "--save_codes" not in steps["unbraid.training"]
    assert steps["unbraid.evaluation"][-2:] == ("--save_codes", str(tmp_path / "0" / "codes" / "representation.npz"))
