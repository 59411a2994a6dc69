"""Full disks, odd paths, killed writers and two writers at once."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.common.commands.command_line import run_command
from unbraid.common.disk.files import all_or_none, atomic_directory, atomic_file, write_json, write_text
from unbraid.common.disk.locks import BusyError, locked
from unbraid.common.disk.replacing import replace_directory, restore
from unbraid.common.disk.system_errors import SystemRefusalError
from unbraid.common.disk.temporaries import sweep, temporary_file
from unbraid.export.files.record import Record
from unbraid.export.formats import torchscript_format

RECORD = Record("representation", [1, 64, 64], 3)
BIG = np.zeros(1 << 18)  # 2 MB


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 64 kB, which writers meet as they meet a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


WRITERS: dict[str, Callable[[Path], object]] = {
    "bytes": lambda path: path.write_bytes(BIG.tobytes()),
    "numpy": lambda path: np.savez(path, a=BIG),
    "torch": lambda path: torch.save(torch.zeros(1 << 18), path),
    "torchscript": lambda path: torchscript_format.save(torch.jit.script(torch.nn.Linear(1000, 1000)), path, RECORD),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.usefixtures("small_files")
def test_a_writer_that_finds_no_space_names_the_file_and_leaves_nothing(tmp_path: Path, writer: str) -> None:
    with pytest.raises(SystemRefusalError, match=r"runs/a\.npz cannot be written"), \
            atomic_file(tmp_path / "runs" / "a.npz") as path:
        WRITERS[writer](path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.usefixtures("small_files")
def test_a_writer_that_finds_no_space_keeps_no_view_of_a_buffer(tmp_path: Path, writer: str) -> None:
    """Python 3.12.1 ends in a segmentation fault when it collects a BytesIO and its view in one cycle, as the frames
    of a traceback make."""
    with pytest.raises((OSError, RuntimeError), match=r"large|stream|pos") as failure:
        WRITERS[writer](tmp_path / "a.npz")
    views = [value for entry in failure.traceback for value in entry.frame.f_locals.values()
             if isinstance(value, memoryview)]
    assert not any(isinstance(view.obj, type(io.BytesIO().getbuffer().obj)) for view in views)


@pytest.mark.usefixtures("small_files")
def test_of_several_files_none_appears_when_one_fails(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(SystemRefusalError, match=r"b\.txt cannot be written: File too large"), all_or_none():
        write_text(tmp_path / "a.txt", "new")
        write_text(tmp_path / "new" / "c.txt", "new")
        write_text(tmp_path / "b.txt", "x" * (1 << 20))
    assert [path.name for path in tmp_path.rglob("*")] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_of_several_files_all_appear_at_the_end(tmp_path: Path) -> None:
    with all_or_none():
        write_text(tmp_path / "a.txt", "a")
        write_json(tmp_path / "new" / "b.json", [1])
        assert not (tmp_path / "a.txt").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "b.json", "new"]


def odd_paths(folder: Path) -> dict[str, tuple[Path, str]]:
    """Paths that cannot be written, with what is said."""
    (folder / "file").touch()
    (folder / "loop").symlink_to("loop")
    (folder / "folder").mkdir()
    return {"below a file": (folder / "file" / "a.html", "Not a directory"),
            "too long": (folder / ("x" * 300 + ".html"), "File name too long"),
            "too deep": (folder / ("x/" * 3000) / "a.html", "File name too long"),
            "loop": (folder / "loop" / "a.html", "Too many levels of symbolic links"),
            "a folder": (folder / "folder", "folder")}


def _make_folder(path: Path) -> None:
    with atomic_directory(path) as folder:
        (folder / "a").touch()


@pytest.mark.parametrize("kind", ["below a file", "too long", "too deep", "loop", "a folder"])
@pytest.mark.parametrize("write", [lambda path: write_text(path, "a"), _make_folder],
                         ids=["file", "folder"])
def test_a_path_that_cannot_be_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str,
                                               write: Callable[[Path], None]) -> None:
    path, message = odd_paths(tmp_path)[kind]
    if kind == "a folder" and write is _make_folder:
        pytest.skip("a folder may be there")
    before = sorted(tmp_path.rglob("*"))
    assert run_command(lambda arguments: write(path), argparse.ArgumentParser(prog="tool"), []) == 2
    error = capsys.readouterr().err
    assert error.startswith("tool: ")
    assert error.count("\n") == 1
    assert message in error
    assert sorted(tmp_path.rglob("*")) == before


def test_output_that_cannot_be_printed_is_one_sentence() -> None:
    script = ("import argparse; from unbraid.common.commands.command_line import run_command; "
              "raise SystemExit(run_command(lambda a: print('line ' * 100000), "
              "argparse.ArgumentParser(prog='tool'), []))")
    with open("/dev/full", "w") as full:
        finished = subprocess.run([sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
    assert finished.returncode == 2
    assert finished.stderr == ("tool: Standard output: No space left on device. Free some space there, or write to "
                               "another disk.\n")


def test_memory_that_is_refused_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for ask in (lambda arguments: np.zeros(1 << 55), lambda arguments: torch.zeros(1 << 55)):
        assert run_command(ask, argparse.ArgumentParser(prog="tool"), []) == 2
        assert capsys.readouterr().err.startswith("tool: There is not enough memory for this.")


WRITER = """
import sys, time
from unbraid.common.disk.locks import locked
from unbraid.common.disk.files import atomic_directory, atomic_file
with locked(sys.argv[1]), atomic_directory(sys.argv[1] + "/out"), atomic_file(sys.argv[1] + "/page.html"):
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of tmp_path/run and has a temporary folder and file in it."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "run")], stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path, writer: subprocess.Popen) -> None:
    with pytest.raises(BusyError, match=rf"run is being written by .*process {writer.pid} on {os.uname().nodename}"), \
            locked(tmp_path / "run"):
        pytest.fail("the block must not run")
    with pytest.raises(BusyError, match=r"out is being written by"), atomic_directory(tmp_path / "run" / "out"):
        pytest.fail("the block must not run")


def test_what_a_living_writer_writes_is_not_swept(tmp_path: Path, writer: subprocess.Popen) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert len(before) == 5  # the run, its lock, its folder's lock, and two temporaries
    sweep(tmp_path, recursive=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path, writer: subprocess.Popen) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    with locked(tmp_path / "run"):
        assert [path.name for path in tmp_path.rglob("*")] == [".run.unbraid-lock", "run"]
    assert [path.name for path in tmp_path.rglob("*")] == ["run"]


SHARING = """
import sys, time
from unbraid.common.disk.locks import locked
with locked(sys.argv[1], shared=True):
    print("held", flush=True)
    time.sleep(100)
"""


def test_parts_of_a_folder_are_written_side_by_side_but_not_with_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    with subprocess.Popen([sys.executable, "-c", SHARING, str(folder)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with locked(folder, shared=True):
            pass
        assert (tmp_path / ".study.unbraid-lock").exists()  # the other one holds it still
        with pytest.raises(BusyError, match=f"process {other.pid} on"), locked(folder):
            pytest.fail("the block must not run")
        other.kill()
    with locked(folder), pytest.raises(BusyError), locked_elsewhere(folder):
        pytest.fail("the block must not run")
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def locked_elsewhere(folder: Path) -> Iterator[None]:
    """A shared lock as another process would ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unbraid.common.disk.locks._held", set())
        with locked(folder, shared=True):
            yield


def test_a_process_may_lock_what_it_holds_again(tmp_path: Path) -> None:
    with locked(tmp_path / "a"), locked(tmp_path / "." / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_many_writers_of_one_file_do_not_disturb_one_another(tmp_path: Path) -> None:
    script = ("import sys; from unbraid.common.disk.files import write_text\n"
              "for _ in range(200): write_text(sys.argv[1], 'x' * 10000)")
    processes = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "a.txt")]) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "x" * 10000


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                             can_exchange: bool) -> None:
    if not can_exchange:
        monkeypatch.setattr("unbraid.common.disk.replacing.exchange", lambda first, second: False)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"of_{name}").touch()
    replace_directory(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["of_new"]


def test_a_folder_put_aside_by_a_killed_process_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".out.unbraid-old").mkdir()
    (tmp_path / ".out.unbraid-old" / "scores").touch()
    restore(tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "scores"]


def test_a_long_name_has_a_temporary_too(tmp_path: Path) -> None:
    name = "ä" * 120 + ".json"  # 245 bytes
    write_text(tmp_path / name, "a")
    with locked(tmp_path / name), temporary_file(tmp_path / name) as temporary:
        assert temporary.suffix == ".json"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_disk_without_locks_works_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(tmp_path / "run"), atomic_file(tmp_path / "run" / "a.txt") as path:
        path.write_text("a")
        sweep(path.parent)
        assert path.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "a.txt"]


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    code = "import unbraid.common.commands.children as c; c.run_child('unbraid_sleeper', [])"
    (tmp_path / "unbraid_sleeper.py").write_text(
        "import argparse, time\nfrom pathlib import Path\n"
        "from unbraid.common.commands.command_line import run_command\n"
        "def main(arguments):\n    Path('started').touch()\n    time.sleep(60)\n"
        "run_command(main, argparse.ArgumentParser(prog='sleeper'), [])\n")
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        _wait((tmp_path / "started").exists)
        process.kill()
        assert process.communicate(timeout=20)[1] == ""  # ends when the child has ended


def _wait(is_so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
