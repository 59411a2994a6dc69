"""Jobs that leave Slurm's queue without a result are lost, but not before their result had time to be seen."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest

from unbraid.study.engines import LostWorkerError, slurm_engine


class Executor:
    """Hands out jobs that never end by themselves; `results` ends one."""

    def __init__(self) -> None:
        self.jobs: list[SimpleNamespace] = []
        self.results: dict[str, int] = {}

    def batch(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext()

    def submit(self, *arguments: object) -> SimpleNamespace:
        name = str(len(self.jobs))
        self.jobs.append(SimpleNamespace(job_id=name, done=lambda: name in self.results,
                                         result=lambda: self.results[name]))
        return self.jobs[-1]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes only while the engine waits, two seconds at a time."""
    pytest.importorskip("submitit")
    now = [0.0]
    monkeypatch.setattr(slurm_engine, "time", SimpleNamespace(
        monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)))
    return now


def test_every_attempt_has_its_own_time(clock: list[float]) -> None:
    executor = Executor()
    engine = slurm_engine.SlurmEngine(print, executor, set)
    for attempt in range(3):
        start = clock[0]
        engine.submit({5: ()})
        number, error = engine.finished()
        assert (number, type(error)) == (5, LostWorkerError)
        assert str(error) == f"job {attempt} left the queue without a result"
        assert clock[0] - start > slurm_engine.GRACE_SECONDS


def test_a_job_that_waits_or_has_a_result_is_not_lost(clock: list[float]) -> None:
    executor = Executor()

    def queued() -> set[str]:
        if clock[0] > 500:
            executor.results["0"] = 42
        return {"0"} if clock[0] < 500 else set()

    engine = slurm_engine.SlurmEngine(print, executor, queued)
    engine.submit({5: ()})
    assert engine.finished() == (5, 42)
