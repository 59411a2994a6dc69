"""Running one task on whatever machine an engine has put it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.commands.children import PARENT
from ..common.commands.command_line import BAD_INPUT, INCOMPLETE, NO_MEMORY
from ..common.disk.files import write_json
from ..common.disk.locks import locked
from ..common.numerics.threads import CORES
from ..common.system.processes import cause_of_end, wait_and_measure
from .gpus import one_gpu
from .task import State, Task

# Libraries read these once, when they are imported, so each step is a process of its own.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", CORES)
BUSY = "is being written by"  # the output of a step: by an earlier attempt that is about to end, or by a user's command
BUSY_SECONDS, BUSY_POLL_SECONDS = 60.0, 3.0  # how long, and how often, a step is started again while its output is busy
TRACEBACK = "Traceback (most recent call last)"  # a defect
HEADING = "=== attempt "
LOG_TAIL = 20_000  # bytes of a log that are searched for its last line

_running: set[int] = set()  # processes of steps


@dataclass(frozen=True)
class Resources:
    """What a task may use: cores, and a share 1 / tasks_per_gpu of one of the GPUs (none for 0)."""

    cores: int = 1
    gpus: int = 0
    tasks_per_gpu: int = 1


def run_task(task: dict[str, Any], study: str, resources: dict[str, int], attempt: int) -> State:
    """Runs the steps of a task until one fails; returns its state, which is also written below STUDY/tasks.

    A second call for the same task, on any machine, waits for the first: a scheduler may start a task again, and a job
    may outlive the command that submitted it.  The state's `status` is "done" or "failed", with the message's last line
    in `error`; `may_retry` tells whether another attempt may succeed: a killed process does, bad input does not."""
    job, folder = Task.from_json(task), Path(study)
    place = state_file(folder, job.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place, wait=True):
        return _run_steps(job, folder, resources, attempt)


def _run_steps(job: Task, folder: Path, resources: dict[str, int], attempt: int) -> State:
    state: State = {"name": job.name, "status": "running", "attempt": attempt, "host": socket.gethostname(),
                    "pid": os.getpid(), "started": time.time(), "steps": [], "key": job.key}
    log = folder / "logs" / f"{job.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{HEADING}{attempt} on {state['host']}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
    with one_gpu(resources["gpus"], resources["tasks_per_gpu"]) as gpu:
        for command in job.commands:
            state["steps"].append({"name": command[0].partition(".")[2]})
            record(folder, state)
            _run_step(command, state, log, _environment(resources["cores"], gpu))
            if state["status"] == "failed":
                break
    if state["status"] == "running":
        state |= {"status": "done", "files": job.seen_files()}
    state["seconds"] = time.time() - state["started"]
    record(folder, state)
    return state


def record(study: Path, state: State) -> None:
    """Writes the state of a task below STUDY/tasks."""
    write_json(state_file(study, state["name"]), state)


def state_file(study: Path, name: str) -> Path:
    """Where the state of a task lies: in one of 256 folders, because every write looks through its folder."""
    return study / "tasks" / f"{zlib.crc32(name.encode()) % 256:02x}" / f"{name}.json"


def _run_step(command: tuple[str, ...], state: State, log: Path, environment: dict[str, str]) -> None:
    """Runs a step, and again for a while where the step of a lost attempt has not ended yet."""
    step, start = state["steps"][-1], time.monotonic()
    while True:
        code, peak_mib = _run_process(command, log, environment)
        if code != BAD_INPUT or BUSY not in last_line(log) or time.monotonic() - start > BUSY_SECONDS:
            break
        time.sleep(BUSY_POLL_SECONDS)
    step |= {"seconds": time.monotonic() - start, "peak_mib": peak_mib, "status": code}
    if code:
        error = last_line(log) if code > 0 else f"{step['name']} was ended by {cause_of_end(code)}"
        state |= {"status": "failed", "error": error, "may_retry": may_retry(code, log)}


def _run_process(command: tuple[str, ...], log: Path, environment: dict[str, str]) -> tuple[int, int | None]:
    """Runs a command to its end; returns its exit status and its peak memory in MiB."""
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-m", *command], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, env=environment)
        _running.add(process.pid)
        try:
            peak_mib = wait_and_measure(process)
        finally:
            _running.discard(process.pid)
    return process.returncode, peak_mib


def end_steps(wait_seconds: float = 0.0) -> None:
    """Sends SIGTERM to the steps that this process has started; a training then writes its checkpoint.

    wait_seconds: how long to wait for their end."""
    for pid in tuple(_running):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + wait_seconds
    while _running and time.monotonic() < deadline:
        time.sleep(0.1)


def _environment(cores: int, gpu: str | None) -> dict[str, str]:
    environment = {**os.environ, PARENT: str(os.getpid()), "PYTHONIOENCODING": "utf-8",
                   **dict.fromkeys(THREAD_VARIABLES, str(cores))}
    return environment if gpu is None else {**environment, "CUDA_VISIBLE_DEVICES": gpu}


def may_retry(code: int, log: Path) -> bool:
    """Whether another attempt may succeed: of a step that was killed or crashed, that got too little memory, or whose
    output another process was writing.

    Bad input stays bad, and a metric that cannot be scored stays so."""
    tail = _tail(log)
    return code not in (BAD_INPUT, INCOMPLETE) or any(text in tail for text in (TRACEBACK, BUSY, NO_MEMORY))


def last_line(log: Path) -> str:
    """The last line of a log, where commands say why they failed."""
    return next((line.strip() for line in reversed(_tail(log).splitlines()) if line.strip()), "it said nothing")


def _tail(log: Path) -> str:
    """What the last attempt has printed, or the end of it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL))
        return file.read().decode("utf-8", errors="replace").rpartition(HEADING)[2]
