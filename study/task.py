"""A task: one model, from training to scores, as commands that may be run again at any time."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.fingerprint import code_sha256, library_versions

# What tells that a step is done: its results and its model. Logs and pictures are left out.
OUTPUTS = ("results/**/*.json", "export.json", "checkpoint.pt")
FLOORS = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "study")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "onnxruntime", "onnxruntime-gpu")

State = dict[str, Any]
Seen = dict[str, tuple[int, int]]  # size and modification time of files


@dataclass(frozen=True)
class Task:
    """One model of a study.

    name: unique in the study.  output: the folder that the commands write.  commands: module and arguments of each
    step, such as ("unbraid.training", "--resume", ...); every step keeps what is done and current.
    inputs: files that the commands read, data files excepted."""

    name: str
    output: str
    commands: tuple[tuple[str, ...], ...]
    inputs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Hash of the commands, of unbraid's code and of library versions: a state with another key says nothing."""
        facts = [self.commands, _software()]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain data, to be sent to another machine."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Task:
        return cls(values["name"], values["output"], tuple(map(tuple, values["commands"])), tuple(values["inputs"]))

    def seen_files(self) -> Seen:
        """The files that a finished task has written and read, with size and modification time."""
        written = [path for pattern in OUTPUTS for path in sorted(Path(self.output).rglob(pattern)) if path.is_file()]
        results = [path for path in written if path.name in ("evaluation_results.json", "validation_results.json")]
        read = {*self.inputs, *(file for path in results for file in _data_files(path))}
        return dict(_seen([*map(str, written), *sorted(read)]))

    def is_done(self, state: State | None) -> bool:
        """Whether a recorded state says that the task is done, and no file has changed since."""
        if not state or state.get("status") != "done" or state.get("key") != self.key or not state.get("files"):
            return False
        recorded = {path: tuple(facts) for path, facts in state["files"].items()}
        return dict(_seen(recorded)) == recorded


@functools.cache
def _software() -> tuple[str, dict[str, str]]:
    """unbraid's code and the versions of libraries, which stay the same while a process runs."""
    return code_sha256(*FLOORS), library_versions(*LIBRARIES)


def shard(tasks: Sequence[Task], number: int, count: int) -> list[Task]:
    """Part `number` (1 to `count`) of the tasks: every `count`-th, so that parts take about the same time."""
    return list(tasks[number - 1 :: count])


def _seen(paths: Any) -> Iterator[tuple[str, tuple[int, int]]]:
    for path in paths:
        try:
            status = Path(path).stat()
        except OSError:
            continue
        yield path, (status.st_size, status.st_mtime_ns)


def _data_files(results: Path) -> list[str]:
    try:
        return list(json.loads(results.read_text(encoding="utf-8"))["data_files"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
