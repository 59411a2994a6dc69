"""Tasks that take no time, for every engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from unbraid.study.task import Task

HERE = Path(__file__).parent

os.environ.update(RAY_worker_niceness="0")  # 15 by default, which leaves Ray's tasks nothing on a busy machine


@pytest.fixture
def make_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Task]:
    """make_task(name, *how): a task of one step, see study_step.py."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))

    def make(name: str, *how: str) -> Task:
        output = tmp_path / "study" / name
        return Task(name, str(output), (("study_step", str(output), name, *how),))

    (tmp_path / "study").mkdir()
    return make
