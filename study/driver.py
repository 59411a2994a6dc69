"""The loop of a study: hands tasks to an engine, tries lost ones again, and keeps account."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .engines import Engine, LostWorkerError
from .progress import log_attempt, read_states, write_page
from .task import State, Task
from .worker import Resources, record

PAGE_SECONDS = 10.0
MOST_LOST = 10  # times that a task may be lost with a worker at which it only waited
Report = Callable[[State], Any]


def pending(tasks: Sequence[Task], states: Mapping[str, State], check: bool) -> list[Task]:
    """The tasks that have to run.  check: all, so that each step of each looks for itself whether it is done."""
    return [task for task in tasks if check or not task.is_done(states.get(task.name))]


def run_tasks(tasks: Sequence[Task], study: Path, engine: Engine, resources: Resources, retries: int,
              report: Report = lambda state: None) -> dict[str, State]:
    """Runs tasks until each is done or has failed for good; returns the last state of each by name.

    retries: further attempts after a task was killed or its worker was lost; bad input is not tried again.
    report: told the state of every task that has ended for good."""
    ended: dict[str, State] = {}
    attempts, begun = [1] * len(tasks), [0] * len(tasks)
    page_time = time.monotonic()

    def call(number: int) -> dict[int, tuple[Any, ...]]:
        return {number: (tasks[number].to_json(), str(study), asdict(resources), attempts[number])}

    engine.submit({number: call(number)[number] for number in range(len(tasks))})
    while len(ended) < len(tasks):
        number, outcome = engine.finished()
        state = _state(tasks[number], attempts[number], outcome, study)
        log_attempt(study, state)
        begun[number] += bool(state["steps"])
        may_retry = begun[number] <= retries and attempts[number] <= retries + MOST_LOST
        if state["status"] == "failed" and state["may_retry"] and may_retry:
            attempts[number] += 1
            engine.submit(call(number))
            continue
        ended[tasks[number].name] = state
        report(state)
        if time.monotonic() - page_time > PAGE_SECONDS:
            refresh_page(study, tasks)
            page_time = time.monotonic()
    return ended


def refresh_page(study: Path, tasks: Sequence[Task]) -> None:
    """Writes `status.html` from the states on disk."""
    names = [task.name for task in tasks]
    write_page(study, names, read_states(study, names))


def _state(task: Task, attempt: int, outcome: Any, study: Path) -> State:
    """The state of a task that ended: what the worker returned, or what it last recorded with the exception that came
    instead."""
    if not isinstance(outcome, BaseException):
        return outcome
    lines = str(outcome).strip().splitlines()
    state = _begun(task, attempt, study) | {
        "status": "failed", "error": lines[-1] if lines else type(outcome).__name__,
        "may_retry": isinstance(outcome, (LostWorkerError, OSError))}
    state["seconds"] = time.time() - state["started"]
    record(study, state)
    return state


def _begun(task: Task, attempt: int, study: Path) -> State:
    """What the worker recorded of this attempt before it was lost: host, start, steps; empty if it never began."""
    recorded = read_states(study, [task.name]).get(task.name, {})
    if recorded.get("status") == "running" and recorded.get("attempt") == attempt:
        return recorded
    return {"name": task.name, "attempt": attempt, "host": None, "pid": 0, "started": time.time(), "steps": [],
            "key": task.key}
