"""The helper of `trial`: reads requests, forks a child with limits for each, and answers in its stead if it dies."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from ...common.commands.wording import command_wording
from ...common.errors import UserError

MEMORY = 3 * 2**30  # bytes that a trial may take beside four times the size of its file
LARGEST_ANSWER = 2**20


def main() -> None:
    tempfile.gettempdir()  # finds out by writing, which children may not
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["backend"] != "onnx":
            import torch  # noqa: F401  (once, so that children need not)
        os.write(answers, json.dumps(_in_child(request)).encode() + b"\n")


def _in_child(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _answer(request, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read(LARGEST_ANSWER)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    return {"error": f"{request['path']} ended the process that it was tried out in. It is refused."}


def _answer(request: dict[str, Any], writing: int) -> None:
    """Never returns."""
    try:
        os.chdir(request["folder"])  # the helper may have been started elsewhere, and paths may be relative
        _limit(Path(request["path"]), request["seconds"])
        from . import trial_tasks

        task = getattr(trial_tasks, f"task_{request['task']}")
        with command_wording() if request["in_command"] else contextlib.nullcontext():
            answer = {"result": task(Path(request["path"]), request["backend"], **request["arguments"])}
    except UserError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    except MemoryError:
        answer = {"error": f"{request['path']} takes more than {MEMORY / 2**30:g} GB of memory when it is tried out. "
                           "It is refused."}
    except BaseException as error:  # whatever a stranger's file provokes
        answer = {"error": f"{request['path']} cannot be tried out: {type(error).__name__}: {str(error)[:300]}"}
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)


def _limit(path: Path, seconds: float) -> None:
    """Memory, time, and no file may be written."""
    in_use = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()  # data and stack
    limits = {resource.RLIMIT_DATA: in_use + MEMORY + 4 * path.stat().st_size, resource.RLIMIT_FSIZE: 0,
              resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: int(4 * seconds) + 1}
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard), hard))
    signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
