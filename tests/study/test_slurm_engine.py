"""Jobs that leave Slurm's queue without a result are lost, but not before their result had time to be seen."""

from __future__ import annotations

import contextlib
import threading
from types import SimpleNamespace

import pytest

from unbraid.study.engines import LostWorkerError, slurm_engine


class Executor:
    """Hands out jobs that never end by themselves; `results` ends one."""

    def __init__(self) -> None:
        self.jobs: list[SimpleNamespace] = []
        self.results: dict[str, list[int]] = {}

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
    engine = slurm_engine.SlurmEngine(print, executor, set, 100)
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
            executor.results["0"] = [42]
        return {"0"} if clock[0] < 500 else set()

    engine = slurm_engine.SlurmEngine(print, executor, queued, 100)
    engine.submit({5: ()})
    assert engine.finished() == (5, 42)


def test_no_more_jobs_are_queued_than_allowed_and_each_takes_its_calls(clock: list[float]) -> None:
    executor = Executor()
    engine = slurm_engine.SlurmEngine(print, executor, None, most_jobs=8, calls_per_job=3)
    engine.submit(dict.fromkeys(range(32), ()))
    assert len(executor.jobs) == 8
    executor.results = {str(job): [100, 101, 102] for job in range(8)}
    assert [engine.finished() for _ in range(24)] == [(number, 100 + number % 3) for number in range(24)]
    executor.results |= {"8": [0, 1, 2], "9": [3, 4, 5], "10": [6, 7]}
    assert [engine.finished() for _ in range(8)] == [(24 + number, number) for number in range(8)]
    assert len(executor.jobs) == 11


def test_calls_of_a_job_run_side_by_side_and_one_that_fails_is_reported_alone() -> None:
    together = threading.Barrier(2, timeout=10)

    def call(number: int) -> int:
        together.wait()
        return 1 // number

    failed, result = slurm_engine.SideBySide(call)((0,), (1,))
    assert isinstance(failed, ZeroDivisionError)
    assert result == 1
