"""Slurm through submitit: arrays of jobs; one that runs into its time limit is queued again and goes on."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from . import LostWorkerError

POLL_SECONDS = 2.0
QUEUE_SECONDS = 20.0  # between two questions to squeue, which a scheduler may not be asked often
GRACE_SECONDS = 60.0  # until a result on a network disk is seen
LARGEST_ARRAY = 1000  # Slurm's default MaxArraySize is 1001


def start(function: Callable[..., Any], cores: int, place: str, folder: str, timeout_min: int = 24 * 60,
          partition: str | None = None, parallel: int = 256, gpus_per_task: int = 0, **_: Any) -> SlurmEngine:
    """place: "" for Slurm, "local" for processes on this machine, as a rehearsal.  folder: for submitit's files."""
    import submitit

    executor = submitit.AutoExecutor(folder=folder, cluster=place or "slurm")
    executor.update_parameters(name="unbraid", timeout_min=timeout_min, cpus_per_task=cores)
    if not place:
        executor.update_parameters(slurm_array_parallelism=parallel)
        if partition:
            executor.update_parameters(slurm_partition=partition)
    if gpus_per_task:
        executor.update_parameters(gpus_per_node=gpus_per_task)
    return SlurmEngine(Requeued(function), executor, queued_jobs if not place else None)


class Requeued:
    """A function that submitit submits again with the same arguments when its job is preempted or out of time."""

    def __init__(self, function: Callable[..., Any]):
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def checkpoint(self, *arguments: Any) -> Any:
        """Called by submitit shortly before the job is ended; training has its own checkpoint on disk."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, *arguments)


class SlurmEngine:
    """Jobs, which are asked for their state every few seconds, all in one pass."""

    def __init__(self, function: Callable[..., Any], executor: Any, queued: Callable[[], set[str]] | None):
        """queued: lists the jobs that Slurm still knows of; None where there is no queue to ask."""
        self._function, self._executor, self._queued = function, executor, queued
        self._gone_since: dict[str, float] = {}  # by job: a call that is tried again has another
        self._queue_time = time.monotonic()
        self._jobs: dict[int, Any] = {}
        self._ended: deque[tuple[int, Any]] = deque()

    def submit(self, calls: dict[int, tuple[Any, ...]]) -> None:
        waiting = iter(calls.items())
        while chunk := dict(islice(waiting, LARGEST_ARRAY)):
            with self._executor.batch():
                jobs = [self._executor.submit(self._function, *arguments) for arguments in chunk.values()]
            self._jobs.update(zip(chunk, jobs, strict=True))

    def finished(self) -> tuple[int, Any]:
        while not self._ended:
            done = [number for number, job in self._jobs.items() if job.done()]
            self._ended.extend((number, _outcome(self._jobs.pop(number))) for number in done)
            if not done:
                time.sleep(POLL_SECONDS)
                self._find_lost()
        return self._ended.popleft()

    def _find_lost(self) -> None:
        """Ends jobs that have left the queue without a result: a cluster without accounting never says they failed."""
        if self._queued is None or time.monotonic() - self._queue_time < QUEUE_SECONDS:
            return
        queued, now = self._queued(), time.monotonic()
        self._queue_time = now
        self._gone_since = {job.job_id: self._gone_since.get(job.job_id, now) for job in self._jobs.values()
                            if job.job_id not in queued}
        lost = {number: job.job_id for number, job in self._jobs.items()
                if now - self._gone_since.get(job.job_id, now) > GRACE_SECONDS}
        for number, job_id in lost.items():
            del self._jobs[number]
            self._ended.append((number, LostWorkerError(f"job {job_id} left the queue without a result")))

    def drop(self) -> None:
        for job in self._jobs.values():
            job.cancel()

    def close(self) -> None:
        """Nothing is left to let go of: jobs belong to Slurm."""


def queued_jobs() -> set[str]:
    """Ids of the user's jobs that wait or run, array tasks one by one, as "123_4"."""
    found = subprocess.run(["squeue", "--me", "--noheader", "--array", "--format=%i"], capture_output=True,
                           encoding="utf-8", check=True)
    return set(found.stdout.split())


def _outcome(job: Any) -> Any:
    import submitit

    try:
        return job.result()
    except submitit.core.utils.FailedJobError as error:
        return error
    except submitit.core.utils.UncompletedJobError:
        return LostWorkerError(f"job {job.job_id} ended as {job.state}")
