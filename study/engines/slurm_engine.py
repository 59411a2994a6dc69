"""Slurm through submitit: arrays of jobs; one that runs into its time limit is queued again and goes on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from . import LostWorkerError

POLL_SECONDS = 2.0
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
    return SlurmEngine(Requeued(function), executor)


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

    def __init__(self, function: Callable[..., Any], executor: Any):
        self._function, self._executor = function, executor
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
        return self._ended.popleft()

    def close(self) -> None:
        for job in self._jobs.values():
            job.cancel()


def _outcome(job: Any) -> Any:
    import submitit

    try:
        return job.result()
    except submitit.core.utils.FailedJobError as error:
        return error
    except submitit.core.utils.UncompletedJobError:
        return LostWorkerError(f"job {job.job_id} ended as {job.state}")
