"""unbraid on systems that lack what Linux has: functions, modules and habits are taken away, see `pretended`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.common.checking.ranges import interval_of
from unbraid.common.checking.values import Interval
from unbraid.common.system.processes import TIME_LIMIT, cause_of_end, is_alive
from unbraid.ground_truth.files.arrays.array_file import ArrayFile

HERE = Path(__file__).parent
JOURNEY = HERE / "journey.py"
FORBIDDEN = set('<>:"\\|?*') | set(map(chr, range(32)))  # in names of files on Windows
RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


def environment(system: str) -> dict[str, str]:
    """Of a process that sees that system, prints in a western European code page, and may open no file without an
    encoding."""
    return {**os.environ, "PYTHONPATH": str(HERE / "pretended"), "PRETENDED_SYSTEM": system, "OMP_NUM_THREADS": "1",
            "PYTHONIOENCODING": "cp1252", "PYTHONWARNDEFAULTENCODING": "1"}


def run(system: str, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env=environment(system), cwd=folder, capture_output=True,
                          encoding="utf-8", errors="replace", check=False, timeout=300)


@pytest.mark.parametrize("system", ["win32", *(pytest.param(system, marks=pytest.mark.slow)
                                               for system in ("darwin", "linux"))])
def test_from_data_to_a_report(system: str, tmp_path: Path) -> None:
    finished = run(system, str(JOURNEY), folder=tmp_path)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert (tmp_path / "report.html").stat().st_size > 1000
    names = [path.relative_to(tmp_path) for path in tmp_path.rglob("*")]
    assert not [name for name in names if ".unbraid-" in name.name], "nothing temporary stays"
    assert_names_are_legal(names)


def assert_names_are_legal(paths: list[Path]) -> None:
    """On Windows, and where upper and lower case are one."""
    for path in paths:
        for part in path.parts:
            assert not FORBIDDEN & set(part), path
            assert part.rstrip(". ") == part, path
            assert part.partition(".")[0].lower() not in RESERVED, path
    assert len({str(path).casefold() for path in paths}) == len(paths)


def test_files_of_the_package_have_names_for_every_system() -> None:
    root = HERE.parents[2]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False).stdout
    names = listed.decode().split("\0")[:-1] or [str(path.relative_to(root)) for path in root.glob("*/**/*.py")]
    assert_names_are_legal(list(map(Path, names)))


SWALLOWED = """
import argparse, signal, sys, time
from unbraid.common.commands.command_line import run_command
def main(arguments):
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:  # as some libraries do around optional imports
        pass
    while True:
        time.sleep(0.05)
sys.exit(run_command(main, argparse.ArgumentParser(prog='tool'), []))
"""
ENDLESS = """
from unbraid.common.system.limits import limit_process
limit_process(2**30, 0.2)
while True:
    pass
"""
# The child says its number and goes on until its parent has ended.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
sys.stdin.read()
"""
CHILD = """
import os, time
from unbraid.common.system.processes import end_with
end_with(os.getppid())
while True:
    time.sleep(0.1)
"""


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_a_swallowed_signal_comes_again_without_alarms(system: str) -> None:
    finished = run(system, "-c", SWALLOWED)
    assert (finished.returncode, finished.stderr.strip()) == (130, "tool: interrupted.")


@pytest.mark.parametrize("system", ["win32", "linux", "darwin"])
def test_a_process_that_limits_itself_ends_in_time(system: str) -> None:
    assert cause_of_end(run(system, "-c", ENDLESS).returncode) == TIME_LIMIT


@pytest.mark.parametrize("system", ["darwin", "linux"])
def test_a_child_ends_with_its_parent_without_the_systems_help(system: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], env=environment(system), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as parent:
        assert parent.stdin
        assert parent.stdout
        child = int(parent.stdout.readline())
        time.sleep(1)
        assert is_alive(child)
    end = time.monotonic() + 30
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_alive(child)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_strangers_endless_graph_is_refused_in_time(system: str, tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(Endless()), str(tmp_path / "model.pt"))
    finished = run(system, "-c", TRIAL, folder=tmp_path)
    assert "ended by the time limit of 2 seconds, which the variable UNBRAID_TRIAL" in finished.stdout, finished.stderr


TRIAL = """
from pathlib import Path
from unbraid.export.errors import ArtifactError
from unbraid.export.foreign import trial
trial.SECONDS = 2.0
try:
    trial.try_out(Path("model.pt"), "torchscript", "understand", shapes=[[1, 64, 64]], hints={})
except ArtifactError as error:
    print(error)
"""


class Endless(torch.nn.Module):
    """Never answers."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        while bool(images.numel() > 0):
            images = images + 1
        return images


def test_rows_are_read_by_threads_without_preadv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "preadv")
    array = np.arange(3000).reshape(1000, 3)
    array.tofile(tmp_path / "a.bin")
    file = ArrayFile(tmp_path / "a.bin", 0, array.shape, array.dtype)
    chosen = [np.random.RandomState(seed).randint(0, 1000, 50) for seed in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(file.__getitem__, chosen))
    np.testing.assert_array_equal(found, [array[rows] for rows in chosen])


def test_a_system_that_tells_nothing_of_its_memory_bounds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbraid.common.checking.ranges.total_memory", lambda: None)
    assert interval_of("num_train") == Interval(1)


@pytest.mark.parametrize(("status", "cause"), [
    (0, None), (1, None), (-11, "a segmentation fault"), (-63, "signal 63"), (0xC0000005, "a segmentation fault"),
    (0xC0000420, "error 0xc0000420"), (124, "the time limit")])
def test_how_a_process_ended_is_said_in_words(status: int, cause: str | None) -> None:
    assert cause_of_end(status) == cause
