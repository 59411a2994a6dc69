"""Commands of unbraid run by others: they end with their parent, whatever ends it, and have time to clean up."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

PARENT = "UNBRAID_PARENT"  # environment variable: the process that a child ends with
PR_SET_PDEATHSIG = 1  # linux/prctl.h
SECONDS_TO_END = 15.0


def run_child(module: str, arguments: Sequence[str], capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs `python -m module arguments`; with `capture` its output is kept instead of shown.

    When this process is told to stop, so is the child, which is waited for."""
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE if capture else None
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace",
                          env={**os.environ, PARENT: str(os.getpid())}) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            _end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def last_sentence(errors: str, prog: str) -> str:
    """What a command said last, which is why it failed; warnings and progress before it are left out."""
    sentences = [line for line in errors.splitlines() if line.startswith(f"{prog}: ")]
    return sentences[-1].removeprefix(f"{prog}: ") if sentences else ""


def end_with_parent() -> None:
    """Has the system send this process SIGTERM when the parent that started it by `run_child` ends."""
    parent = os.environ.pop(PARENT, None)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it ended before it could be asked
        os.kill(os.getpid(), signal.SIGTERM)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
