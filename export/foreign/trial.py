"""A stranger's graph is a program: it is opened and asked in a child process first, with limits on memory and time.

The child answers with JSON, of which only known parts are used; if it crashes, one sentence says how. A graph that
passed may be opened by this process. One helper process is started when first needed and makes a child for each trial:
a fork where that is safe, so torch is imported once, and a new process elsewhere."""

from __future__ import annotations

import atexit
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...common.commands.wording import in_command
from ...common.disk.file_identity import content_sha256
from ...common.errors import UserError, shown
from ...common.system.processes import TIME_LIMIT
from .. import errors
from ..errors import ArtifactError
from .graph_description import Hints, Understanding
from .probing import understand
from .trial_tasks import as_tuples

LIMIT = "UNBRAID_TRIAL_SECONDS"  # environment variable: how long a trial may take
USUAL_SECONDS = 120.0
MOST_SECONDS = 1e6
GRACE = 180.0  # seconds for starting processes that import torch, on a busy machine

_lock = threading.Lock()
_passed: dict[str, Any] = {}


def try_out(path: Path, backend: str, task: str = "open", **arguments: Any) -> Any:
    """What a task of `trial_tasks` answers about a file, from a child process; remembered by the file's content.

    Raises the ArtifactError that the child raised, or one that says how it ended."""
    key = json.dumps([content_sha256(path), str(path), backend, task, arguments], sort_keys=True, default=str)
    with _lock:
        if key not in _passed:
            _passed[key] = _asked(path, {"path": str(path), "backend": backend, "task": task, "arguments": arguments})
        return _passed[key]


def time_limit() -> float:
    """Seconds that a trial may take.  Raises UserError where the environment variable is no such number."""
    text = os.environ.get(LIMIT) or str(USUAL_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise UserError(f"The environment variable {LIMIT} is {shown(text)}; expected seconds above 0, such as "
                        f"{USUAL_SECONDS:g}.")
    return seconds


def _asked(path: Path, request: dict[str, Any]) -> Any:
    limit = time_limit()
    try:
        answer = _Helper.current().ask({**request, "folder": os.getcwd(), "seconds": limit,
                                        "in_command": in_command()})
    except (OSError, ValueError, EOFError) as error:
        _Helper.forget()
        raise ArtifactError(f"{path} was tried out in a child process, which did not answer ({error}). It is "
                            "refused.") from error
    if cause := answer.get("ended by"):
        which = f" of {limit:g} seconds, which the variable {LIMIT} sets" if cause == TIME_LIMIT else ""
        raise ArtifactError(f"{path} was tried out in a child process, which was ended by {cause}{which}. It is "
                            "refused; ask its author for an ONNX file of the same model.")
    if "error" in answer:
        kind = getattr(errors, str(answer.get("kind")), ArtifactError)
        is_known = isinstance(kind, type) and issubclass(kind, ArtifactError)
        raise (kind if is_known else ArtifactError)(str(answer["error"]))
    return answer.get("result")


def understand_in_trial(graph: Any, backend: str | None, shapes: Sequence[tuple[int, int, int]], hints: Hints,
                        path: Path) -> Understanding:
    """As `probing.understand`, asked of a child process; a graph without a backend was allowed to run code, and is
    asked here."""
    if backend is None:
        return understand(graph, shapes, hints, path)
    fields = try_out(path, backend, "understand", shapes=[list(shape) for shape in shapes],
                     hints=dataclasses.asdict(hints))
    return Understanding(**{name: as_tuples(value) for name, value in fields.items()})


class _Helper:
    """The process that makes the children."""

    _one: _Helper | None = None

    def __init__(self) -> None:
        # It ends when this process does, because its standard input does.
        self.process = subprocess.Popen([sys.executable, "-m", f"{__package__}.trial_helper"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.owner = os.getpid()

    @classmethod
    def current(cls) -> _Helper:
        if cls._one is None or cls._one.owner != os.getpid() or cls._one.process.poll() is not None:
            cls._one = _Helper()
        return cls._one

    @classmethod
    def forget(cls) -> None:
        """Ends the helper, if this process started one."""
        if cls._one is not None and cls._one.owner == os.getpid():
            cls._one.process.kill()
            cls._one.process.wait()
            for pipe in (cls._one.process.stdin, cls._one.process.stdout):
                if pipe:
                    pipe.close()
        cls._one = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        patience = request["seconds"] + GRACE
        end = time.monotonic() + patience
        clock = threading.Timer(patience, self.process.kill)  # on Windows, select waits for sockets only
        clock.daemon = True
        clock.start()
        try:
            line = stdout.readline()
        finally:
            clock.cancel()
        if not line:
            raise EOFError("no answer in time" if time.monotonic() > end else "it ended")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("it answered something else")
        return answer


atexit.register(_Helper.forget)
