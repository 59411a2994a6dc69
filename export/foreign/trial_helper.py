"""The helper of `trial`: reads requests, makes a child with limits for each, and answers in its stead if it dies.

Where forking is safe the child is a fork, which has torch already.  Elsewhere it is this module once more, started
with the argument `child`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from ...common.commands.wording import command_wording
from ...common.errors import UserError
from ...common.system.limits import TIMED_OUT, limit_process
from ...common.system.processes import CAN_FORK, cause_of_end, in_fork

MEMORY = 3 * 2**30  # bytes that a trial may take beside four times the size of its file
LARGEST_ANSWER = 2**20
STARTING_SECONDS = 150.0  # for a new process that imports torch, on a busy machine
CHILD = "child"


def main() -> None:
    tempfile.gettempdir()  # finds out by writing, which children may not
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    if CHILD in sys.argv[1:]:
        request = json.loads(sys.stdin.buffer.readline())
        _import_libraries(request)
        _answer(request, answers)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if CAN_FORK:
            _import_libraries(request)  # once, so that children need not
        os.write(answers, json.dumps(_in_child(request)).encode() + b"\n")


def _import_libraries(request: dict[str, Any]) -> None:
    if request["backend"] != "onnx":
        import torch
    if request["backend"] == "export":
        with contextlib.suppress(ImportError):  # imported by torch 2.9 to read a program; writes a file
            import torch.distributed.nn.jit.instantiator  # noqa: F401


def _in_child(request: dict[str, Any]) -> dict[str, Any]:
    text, status = in_fork(partial(_answer, request), LARGEST_ANSWER) if CAN_FORK else _spawned(request)
    if cause := cause_of_end(status):
        return {"ended by": cause}
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    return {"error": f"{request['path']} ended the process that it was tried out in. It is refused."}


def _spawned(request: dict[str, Any]) -> tuple[bytes, int]:
    """The answer of a new process, and its exit status.  It ends itself in time, unless the file keeps it from that."""
    with subprocess.Popen([sys.executable, "-m", __spec__.name, CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        try:
            text, _ = process.communicate(json.dumps(request).encode() + b"\n", request["seconds"] + STARTING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return b"", TIMED_OUT
        return text[:LARGEST_ANSWER], process.returncode


def _answer(request: dict[str, Any], writing: int) -> None:
    """Never returns."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where it is a file, a warning would fail as a file that grows
    try:
        os.chdir(request["folder"])  # the helper may have been started elsewhere, and paths may be relative
        path = Path(request["path"])
        limit_process(MEMORY + 4 * path.stat().st_size, request["seconds"])
        from . import trial_tasks

        task = getattr(trial_tasks, f"task_{request['task']}")
        with command_wording() if request["in_command"] else contextlib.nullcontext():
            answer = {"result": task(path, request["backend"], **request["arguments"])}
    except UserError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    except MemoryError:
        answer = {"error": f"{request['path']} takes more than {MEMORY / 2**30:g} GB of memory when it is tried out. "
                           "It is refused."}
    except BaseException as error:  # whatever a stranger's file provokes
        answer = {"error": f"{request['path']} cannot be tried out: {type(error).__name__}: {str(error)[:300]}"}
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
