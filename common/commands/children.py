"""Commands of unbraid run by others: they end with their parent, whatever ends it, and have time to clean up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from ..checking.values import counted
from ..system.processes import end_with

PARENT = "UNBRAID_PARENT"  # environment variable: the process that a child ends with
SECONDS_TO_END = 15.0


def run_child(module: str, arguments: Sequence[str], capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs `python -m module arguments`; with `capture` its output is kept instead of shown.

    When this process is told to stop, so is the child, which is waited for."""
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE if capture else None
    environment = {**os.environ, PARENT: str(os.getpid()), **({"PYTHONIOENCODING": "utf-8"} if capture else {})}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, encoding="utf-8",
                          errors="replace", env=environment) as process:
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


def end_with_parent() -> bool:
    """Has this process receive SIGTERM when the parent that started it by `run_child` ends; whether there is one."""
    parent = counted(os.environ.pop(PARENT, ""))
    if parent is not None:
        end_with(parent)
    return parent is not None


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
