"""What has become of a study: states of tasks, the log of attempts, the table and the page."""

from __future__ import annotations

import html
import json
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..common.commands.command_line import format_table
from ..common.disk.files import atomic_file
from ..common.errors import UserError
from ..common.results import read_json
from ..common.system.processes import is_alive
from .task import State
from .worker import state_file

LOG_NAME, PAGE_NAME = "tasks.jsonl", "status.html"
STATUSES = ("done", "running", "interrupted", "failed", "waiting")
MOST_SHOWN = 20  # failed tasks in the table of a terminal


def read_states(study: Path, names: Iterable[str] | None = None) -> dict[str, State]:
    """The recorded states by task; of all tasks that have one where `names` is None.  Damaged ones are left out."""
    files = sorted((study / "tasks").glob("*/*.json")) if names is None else [state_file(study, name) for name in names]
    with ThreadPoolExecutor(8) as pool:  # on a network disk most of the time is waiting
        return {state["name"]: state for state in pool.map(_read, files) if state}


def log_attempt(study: Path, state: Mapping[str, Any]) -> None:
    """Appends one line to `tasks.jsonl`: task, attempt, status, host, seconds, peak memory, error."""
    line = {"name": state["name"], "attempt": state["attempt"], "status": state["status"], "host": state.get("host"),
            "seconds": round(state.get("seconds", 0.0), 3), "peak_mib": peak_mib(state),
            "steps": {step["name"]: round(step.get("seconds", 0.0), 3) for step in state.get("steps", ())},
            "error": state.get("error"), "time": time.strftime("%Y-%m-%dT%H:%M:%S")}
    with (study / LOG_NAME).open("a", encoding="utf-8") as file:  # one write: shards append to the same file
        file.write(json.dumps(line) + "\n")


def peak_mib(state: Mapping[str, Any]) -> int:
    """The largest memory of the steps, in MiB; 0 where the system does not tell."""
    return max((step.get("peak_mib") or 0 for step in state.get("steps", ())), default=0)


def status_of(state: State | None) -> str:
    """One of STATUSES; a task of this machine whose process has ended without a word was interrupted."""
    if state is None:
        return "waiting"
    if state["status"] == "running" and state["host"] == socket.gethostname() and not is_alive(state["pid"]):
        return "interrupted"
    return str(state["status"])


def summary(study: Path, total: int | None = None) -> str:
    """The table of --status.  total: number of tasks; by default those that the last command listed.

    Raises UserError for a folder that is no study."""
    states = read_states(study)
    total = total or _recorded_total(study)
    if not states and not total:
        raise UserError(f"{study} is no study: expected tasks/ in it, as unbraid-study writes it.")
    counts = Counter(status_of(state) for state in states.values())
    counts["waiting"] += max(0, (total or 0) - len(states))
    parts = [format_table(["status", "tasks"], [[status, str(counts[status])] for status in STATUSES])]
    if steps := step_table(states.values()):
        parts.append(steps)
    failed = [state for state in states.values() if state["status"] == "failed"]
    if failed:
        parts.append(failure_list(failed))
    return "\n\n".join(parts)


def step_table(states: Iterable[State]) -> str:
    """Mean time and peak memory of each step over the tasks that finished it; "" where none did."""
    steps: dict[str, list[dict[str, Any]]] = {}
    for state in states:
        for step in state.get("steps", ()):
            if step.get("status") == 0:
                steps.setdefault(step["name"], []).append(step)
    rows = [[name, str(len(found)), f"{sum(step['seconds'] for step in found) / len(found):.1f} s",
             _peak_text(found)] for name, found in steps.items()]
    return format_table(["step", "finished", "mean time", "peak memory"], rows) if rows else ""


def _peak_text(steps: Sequence[Mapping[str, Any]]) -> str:
    peaks = [step["peak_mib"] for step in steps if step.get("peak_mib") is not None]
    return f"{max(peaks)} MiB" if peaks else "unknown"


def failure_list(failed: Sequence[Mapping[str, Any]]) -> str:
    """One line for each failed task with the last line of its message; only the first ones of many."""
    lines = [f"  {state['name']}: {state.get('error')}" for state in failed[:MOST_SHOWN]]
    more = [f"  and {len(failed) - MOST_SHOWN} more in {LOG_NAME}"] if len(failed) > MOST_SHOWN else []
    return "\n".join([f"{len(failed)} failed:", *lines, *more])


def write_page(study: Path, names: Sequence[str], states: Mapping[str, State]) -> None:
    """Writes `status.html`, which loads itself again every ten seconds."""
    counts = Counter(status_of(states.get(name)) for name in names)
    rows = "".join(
        f"<tr><td>{html.escape(name)}<td>{status_of(state)}<td>{html.escape(state.get('host') or '')}"
        f"<td>{state.get('seconds', 0):.1f}<td>{peak_mib(state)}<td>{html.escape(str(state.get('error') or ''))}"
        for name in names if (state := states.get(name)) is not None)
    with atomic_file(study / PAGE_NAME) as path:
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        counted = ", ".join(f"{counts[status]} {status}" for status in STATUSES)
        page = PAGE.format(title=html.escape(study.resolve().name), rows=rows, time=now, counts=counted)
        path.write_text(page, encoding="utf-8")


def _read(path: Path) -> State | None:
    try:
        return read_json(path)
    except UserError:
        return None


def _recorded_total(study: Path) -> int:
    try:
        return int(read_json(study / "study.json")["num_tasks"])
    except (UserError, KeyError, TypeError, ValueError):
        return 0


PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><meta http-equiv="refresh" content="10"><title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 14px sans-serif; margin: 2em }}
td, th {{ padding: .2em .8em; text-align: left; border-bottom: 1px solid #8884 }}
</style>
<h1>{title}</h1>
<p>{counts}; {time}</p>
<table><tr><th>task<th>status<th>host<th>seconds<th>peak MiB<th>error
{rows}
</table>
"""
