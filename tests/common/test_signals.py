"""Signals, as a user sends them to a command: one line, the right status, nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAD = """
import argparse, os, signal, sys, time
from unbraid.common.commands.command_line import run_command
from unbraid.common.disk.files import atomic_directory, atomic_file
from unbraid.common.commands.signals import Stopped, put_off, stop, stop_requested
def send(number): os.kill(os.getpid(), number)
"""
TAIL = "\nsys.exit(run_command(main, argparse.ArgumentParser(prog='tool'), []))"
STATUSES = [(signal.SIGINT, 130, "tool: interrupted."), (signal.SIGTERM, 143, "tool: ended by SIGTERM."),
            (signal.SIGHUP, 129, "tool: ended by SIGHUP.")]


def run(body: str, *arguments: str) -> tuple[int, str]:
    finished = subprocess.run([sys.executable, "-c", HEAD + body + TAIL, *arguments], capture_output=True, text=True,
                              check=False, timeout=60)
    return finished.returncode, finished.stderr.strip()


@pytest.mark.parametrize(("number", "status", "message"), STATUSES)
def test_a_signal_is_one_line_a_status_and_leaves_nothing(tmp_path: Path, number: int, status: int,
                                                          message: str) -> None:
    body = f"""
def main(arguments):
    with atomic_directory(sys.argv[1] + "/runs/out"), atomic_file(sys.argv[1] + "/page/a.html"):
        send({int(number)})
        time.sleep(5)
"""
    assert run(body, str(tmp_path)) == (status, message)
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_a_library_swallows_comes_again() -> None:
    body = """
def main(arguments):
    try:
        send(signal.SIGINT)
        time.sleep(5)
    except BaseException:  # as some libraries do around optional imports
        pass
    time.sleep(5)
"""
    assert run(body) == (130, "tool: interrupted.")


@pytest.mark.parametrize("error", ["RuntimeError('in compiled code')", "UserError('The export failed.')",
                                   "MemoryError()", "OSError(28, 'No space left on device')"])
@pytest.mark.parametrize("chain", ["", " from None"])
def test_a_signal_that_a_library_makes_an_error_of_is_still_a_signal(error: str, chain: str) -> None:
    body = f"""
from unbraid.common.errors import UserError
def main(arguments):
    try:
        send(signal.SIGTERM)
        time.sleep(5)
    except BaseException:
        raise {error}{chain}
"""
    assert run(body) == (143, "tool: ended by SIGTERM.")


def test_a_child_leaves_the_word_to_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleeper.py").write_text(HEAD + """
def main(arguments):
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
sys.exit(run_command(main, argparse.ArgumentParser(prog='sleeper'), []))
""")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    body = """
from unbraid.common.commands.children import run_child
def main(arguments):
    run_child("sleeper", [])
"""
    assert run(body) == (143, "tool: ended by SIGTERM.")


def test_an_error_after_a_signal_that_was_put_off_is_told() -> None:
    body = """
def main(arguments):
    with put_off():
        send(signal.SIGTERM)
        raise OSError(28, "No space left on device", "a")
"""
    assert run(body)[0] == 2


def test_cleaning_up_is_not_disturbed_by_further_signals(tmp_path: Path) -> None:
    body = """
def main(arguments):
    try:
        send(signal.SIGTERM)
        time.sleep(5)
    finally:
        send(signal.SIGINT)
        time.sleep(1.2)
        open(sys.argv[1], "w").close()
"""
    assert run(body, str(tmp_path / "cleaned"))[0] == 143
    assert (tmp_path / "cleaned").exists()


def test_a_signal_that_was_put_off_is_heeded_by_the_block(tmp_path: Path) -> None:
    body = """
def main(arguments):
    with put_off():
        send(signal.SIGTERM)
        time.sleep(0.1)
        open(sys.argv[1], "w").close()
    assert stop_requested()
    stop("All is saved.")
"""
    assert run(body, str(tmp_path / "whole")) == (143, "tool: ended by SIGTERM. All is saved.")
    assert (tmp_path / "whole").exists()


def test_a_second_signal_does_not_wait() -> None:
    body = """
def main(arguments):
    with put_off():
        send(signal.SIGTERM)
        send(signal.SIGTERM)
        time.sleep(5)
        print("too late", file=sys.stderr)
"""
    assert run(body) == (143, "tool: ended by SIGTERM.")


def test_an_ignored_signal_stays_ignored() -> None:
    body = """
def main(arguments):
    send(signal.SIGHUP)
    time.sleep(0.1)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
"""
    assert run(body) == (0, "")


@pytest.mark.parametrize("command", ["data", "train", "export", "evaluate", "aggregate", "report", "visualize",
                                     "reproduce"])
def test_a_signal_during_the_first_imports_is_heeded(command: str) -> None:
    program = Path(sys.executable).with_name(f"unbraid-{command}")
    with subprocess.Popen([program, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        _wait_for_handler(process)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) in [(130, f"unbraid-{command}: interrupted.\n"), (0, "")]  # or it was faster


def _wait_for_handler(process: subprocess.Popen[str]) -> None:
    """Until the process catches SIGTERM, which Python by itself does not."""
    status = Path(f"/proc/{process.pid}/status")
    for _ in range(20_000):
        try:
            caught = int(status.read_text().split("SigCgt:")[1].split()[0], 16)
        except (OSError, IndexError):
            return
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.0005)
