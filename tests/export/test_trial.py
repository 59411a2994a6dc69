"""What a child process that tries out a stranger's file may do."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import pytest

from unbraid.common.system.processes import CAN_FORK, in_fork
from unbraid.export.foreign import trial_helper, trial_tasks


@pytest.mark.skipif(not CAN_FORK, reason="children are no forks here")
def test_warnings_do_not_count_as_files_that_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is a file, which children may not make larger, a library's warning is no failure."""
    def noisy(path: Path, backend: str) -> int:
        os.write(2, b"a warning " * 10_000)
        return 1

    monkeypatch.setattr(trial_tasks, "task_noisy", noisy, raising=False)
    (tmp_path / "model.pt").write_bytes(b"")
    request = {"folder": str(tmp_path), "path": "model.pt", "task": "noisy", "backend": "torchscript", "arguments": {},
               "seconds": 20, "in_command": False}
    saved = os.dup(2)
    with (tmp_path / "stderr").open("wb") as file:
        os.dup2(file.fileno(), 2)
        try:
            text, status = in_fork(partial(trial_helper._answer, request), 1000)
        finally:
            os.dup2(saved, 2)
            os.close(saved)
    assert (json.loads(text), status) == ({"result": 1}, 0)
    assert (tmp_path / "stderr").read_bytes() == b""
