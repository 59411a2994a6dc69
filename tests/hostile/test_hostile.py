"""The fast part of the campaigns: a few inputs of each kind, always the same, and proofs that the judge sees faults.

`scripts/hostile.sh` and `scripts/kill.sh` draw others for as long as they are given."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import kills
import pytest
from campaign import try_one
from hostile_generators import GENERATORS
from hostile_judge import CANARY, Input, judge
from hostile_world import make_world

from unbraid.common.commands.command_line import run_command
from unbraid.common.errors import UserError
from unbraid.study.__main__ import main as run_study

NUM_EACH = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("hostile") / "world")


@pytest.mark.parametrize("kind", GENERATORS)
def test_inputs_of_a_kind_are_answered_well(world: Path, tmp_path: Path, kind: str) -> None:
    for seed in range(NUM_EACH):
        given, answer = try_one(seed, [kind], world, tmp_path)
        assert not answer.faults, f"seed {seed}, {given}: {answer}"


def fails(error: Exception) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        raise error

    return act


def leaves(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / name).touch()
        raise UserError("No.")

    return act


def prints(text: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        print(text, file=sys.stderr)
        raise UserError("No.")

    return act


@pytest.mark.parametrize(("act", "fault"), [
    (lambda folder: None, "accepted although bad"),
    (fails(UserError("No.")), ""),
    (fails(UserError("Expected:")), ""),  # mended where messages are made
    (fails(KeyError("x")), "traceback: "),
    (leaves("half"), "left behind: half"),
    (leaves(".a.unbraid-01234567.pt"), "left behind"),
    (leaves(CANARY), "code of the input ran"),
    (prints("Traceback (most recent call last):"), "a traceback is printed"),
    (prints("something"), "noise: something"),
    (prints("W unbraid.x: a warning"), ""),
])
def test_the_judge_sees_faults(tmp_path: Path, act: Callable[[Path], None], fault: str) -> None:
    def main(argv: Sequence[str]) -> int:
        return run_command(lambda arguments: act(tmp_path), argparse.ArgumentParser(prog="unbraid-tool"), argv)

    faults = judge(Input("kind", "what", "tool", [], must_refuse=True), main, tmp_path).faults
    assert bool(faults) == bool(fault)
    assert fault in "; ".join(faults)


def test_inputs_of_a_seed_are_always_the_same(world: Path, tmp_path: Path) -> None:
    first, second = (try_one(5, list(GENERATORS), world, tmp_path / name)[0] for name in ("a", "b"))
    assert (first.what, first.arguments) == (second.what, second.arguments)


def test_the_campaign_reports_an_input_that_ends_the_process(tmp_path: Path) -> None:
    script = ("import campaign, os, hostile_inputs\n"
              "hostile_inputs.GENERATORS.clear()\n"
              "campaign.make_world = lambda folder: folder.mkdir(parents=True) or folder\n"
              "print(list(campaign.lines_of_worker(__import__('pathlib').Path('nowhere'), 3, ['path'], 1e18)))")
    finished = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True,
                              check=False)
    assert "(3, {'kind': 'path'" in finished.stdout
    assert "ended the process" in finished.stdout


@pytest.mark.slow
@pytest.mark.parametrize("way", kills.WAYS)
def test_commands_that_are_ended_leave_nothing_and_go_on(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "WAYS", [way])
    trials = kills.campaign(len(kills.COMMANDS), 0, list(kills.COMMANDS))
    assert [trial for trial in trials if trial.faults] == []


@pytest.mark.parametrize(("name", "value", "arguments", "status"), [
    ("UNBRAID_PARENT", "x", ["data", "list"], 0), ("UNBRAID_CORES", "9" * 5000, ["data", "list"], 0),
    ("MPLBACKEND", "nothing", ["data", "preview", "dummy_data", "--output", "a.png"], 0),
    ("UNBRAID_TRIAL_SECONDS", "nan", ["export", "--inspect", "run/representation/pytorch_model.pt"], 2)])
def test_environment_variables_are_input_too(world: Path, tmp_path: Path, name: str, value: str, arguments: list[str],
                                             status: int) -> None:
    (tmp_path / "run").symlink_to(world / "run")
    program = Path(sys.executable).with_name(f"unbraid-{arguments[0]}")
    finished = subprocess.run([program, *arguments[1:]], cwd=tmp_path, env={**os.environ, name: value}, text=True,
                              capture_output=True, check=False)
    assert finished.returncode == status, finished.stderr
    assert finished.stderr.count("\n") == (1 if status else 0)


def test_two_studies_do_not_share_a_folder_unless_they_are_parts_of_one(world: Path, tmp_path: Path,
                                                                       capsys: pytest.CaptureFixture[str]) -> None:
    model, folder = world / "run" / "representation", tmp_path / "out"
    study = ["--models", str(model), "--metrics", "mig", "--output_dir", str(folder)]
    script = ("import sys, time\nfrom pathlib import Path\nfrom unbraid.study.__main__ import claimed\n"
              "with claimed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):\n"
              "    print('held', flush=True)\n    time.sleep(100)\n")
    for held, given, is_free in (((1, 1), [], False), ((1, 1), ["--shard", "2/2"], False), ((1, 2), [], False),
                                 ((1, 2), ["--shard", "1/2"], False), ((1, 2), ["--shard", "2/2"], True)):
        with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "out"), *map(str, held)],
                              stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            status = run_study([*study, *given, "--no_aggregate"])
            error = capsys.readouterr().err
            assert status == (0 if is_free else 2), error  # part 2 of a study of one model has nothing to do
            assert is_free or f"(process {other.pid} on" in error
            other.kill()
