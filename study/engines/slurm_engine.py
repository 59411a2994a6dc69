"""Slurm through submitit: arrays of jobs; one that is preempted or out of time is queued again and goes on."""

from __future__ import annotations

import logging
import subprocess
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from ...common.errors import UserError, one_sentence
from ...common.numerics.threads import num_cores
from . import Calls, LostWorkerError

POLL_SECONDS = 2.0
QUEUE_SECONDS = 20.0  # between two questions to squeue, which a scheduler may not be asked often
GRACE_SECONDS = 60.0  # until a result on a network disk is seen
ENDING_SECONDS = 60.0  # for the steps of a job to save themselves; the signal comes 90 s before the time limit
LARGEST_ARRAY = 1000  # Slurm's default MaxArraySize is 1001
MOST_TIMEOUTS = 1000  # time limits that a job may run into; submitit's default of 3 is for jobs that make no progress


def start(function: Callable[..., Any], cores: int, place: str, folder: str, gpus: int = 0, tasks_per_gpu: int = 1,
          timeout_min: int = 24 * 60, partition: str | None = None, parallel: int = 256, **_: Any) -> SlurmEngine:
    """Makes the engine for Slurm (place: "") or, as a rehearsal, for processes on this machine (place: "local").

    folder: for submitit's files.  parallel: the number of jobs in Slurm's queue at any time.
    Raises UserError where there is no Slurm."""
    import submitit

    logging.getLogger("submitit").setLevel(logging.ERROR)  # it warns at every poll where Slurm keeps no accounts
    try:
        executor = submitit.AutoExecutor(folder=folder, cluster=place or "slurm", slurm_max_num_timeout=MOST_TIMEOUTS)
    except RuntimeError as error:
        raise UserError(f"--engine slurm: this machine has no Slurm ({one_sentence(error)}). Run the command where "
                        "sbatch and srun are, or use another engine.") from error
    if place:
        executor.update_parameters(timeout_min=timeout_min)
        return SlurmEngine(function, executor, None, max(1, num_cores() // cores))
    calls_per_job = tasks_per_gpu if gpus else 1
    executor.update_parameters(
        name="unbraid", timeout_min=timeout_min, cpus_per_task=cores * calls_per_job, slurm_array_parallelism=parallel,
        **({"gpus_per_node": 1} if gpus else {}), **({"slurm_partition": partition} if partition else {}))
    return SlurmEngine(function, executor, queued_jobs, parallel, calls_per_job, assigns_gpus=gpus > 0)


class SideBySide:
    """What one job runs: calls of a function in threads, each of which waits for the processes of its task."""

    def __init__(self, function: Callable[..., Any]):
        self._function = function

    def __call__(self, *calls: tuple[Any, ...]) -> list[Any]:
        """Returns the result of each call, or the exception that it ended with."""
        with ThreadPoolExecutor(len(calls)) as pool:
            futures = [pool.submit(self._function, *arguments) for arguments in calls]
            return [future.exception() or future.result() for future in futures]

    def checkpoint(self, *calls: tuple[Any, ...]) -> Any:
        """Called by submitit before the job ends: steps save themselves, and the job is queued with the same calls."""
        import submitit

        from ..worker import end_steps

        end_steps(ENDING_SECONDS)
        return submitit.helpers.DelayedSubmission(self, *calls)


class SlurmEngine:
    """Jobs, which are asked for their state every few seconds, all in one pass.

    Only `most_jobs` are queued at a time: clusters limit the jobs of a user, and by default all jobs to 10,000."""

    def __init__(self, function: Callable[..., Any], executor: Any, queued: Callable[[], set[str]] | None,
                 most_jobs: int, calls_per_job: int = 1, assigns_gpus: bool = False):
        """queued: lists the jobs that Slurm still knows of; None where there is no queue to ask."""
        self.assigns_gpus = assigns_gpus
        self._function, self._executor, self._queued = SideBySide(function), executor, queued
        self._most_jobs, self._calls_per_job = most_jobs, calls_per_job
        self._gone_since: dict[str, float] = {}  # by job: a call that is tried again has another
        self._queue_time = time.monotonic()
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._jobs: dict[tuple[int, ...], Any] = {}  # by the numbers of their calls
        self._ended: deque[tuple[int, Any]] = deque()

    def submit(self, calls: Calls) -> None:
        self._waiting.extend(calls.items())
        self._hand_out()

    def _hand_out(self) -> None:
        """Submits an array of what waits, once an eighth of the queue is free: each submission costs the scheduler."""
        room = min(self._most_jobs - len(self._jobs), LARGEST_ARRAY)
        if not self._waiting or (self._jobs and room < self._most_jobs / 8):
            return
        waiting = iter(tuple(self._waiting))
        groups = [group for _ in range(room) if (group := dict(islice(waiting, self._calls_per_job)))]
        self._waiting = deque(waiting)
        self._jobs.update(zip(map(tuple, groups), self._submitted(groups), strict=True))

    def _submitted(self, groups: list[dict[int, tuple[Any, ...]]]) -> list[Any]:
        import submitit

        try:
            with self._executor.batch():
                return [self._executor.submit(self._function, *group.values()) for group in groups]
        except (submitit.core.utils.FailedJobError, subprocess.SubprocessError) as error:
            raise UserError(f"Slurm refuses the jobs: {one_sentence(error)}") from error

    def finished(self) -> tuple[int, Any]:
        while not self._ended:
            self._hand_out()
            done = [numbers for numbers, job in self._jobs.items() if job.done()]
            for numbers in done:
                self._end(numbers, _outcomes(self._jobs[numbers], len(numbers)))
            if not done:
                time.sleep(POLL_SECONDS)
                self._find_lost()
        return self._ended.popleft()

    def _end(self, numbers: tuple[int, ...], outcomes: list[Any]) -> None:
        del self._jobs[numbers]
        self._ended.extend(zip(numbers, outcomes, strict=True))

    def _find_lost(self) -> None:
        """Ends jobs that have left the queue without a result: a cluster without accounting never says they failed."""
        if self._queued is None or time.monotonic() - self._queue_time < QUEUE_SECONDS:
            return
        queued, now = self._queued(), time.monotonic()
        self._queue_time = now
        self._gone_since = {job.job_id: self._gone_since.get(job.job_id, now) for job in self._jobs.values()
                            if job.job_id not in queued}
        lost = {numbers: job.job_id for numbers, job in self._jobs.items()
                if now - self._gone_since.get(job.job_id, now) > GRACE_SECONDS}
        for numbers, job_id in lost.items():
            self._end(numbers, [LostWorkerError(f"job {job_id} left the queue without a result")] * len(numbers))

    def drop(self) -> None:
        self._waiting.clear()
        for job in self._jobs.values():
            job.cancel()

    def close(self) -> None:
        """Nothing is left to let go of: jobs belong to Slurm."""


def queued_jobs() -> set[str]:
    """Ids of the user's jobs that wait or run, array tasks one by one, as "123_4"."""
    found = subprocess.run(["squeue", "--me", "--noheader", "--array", "--format=%i"], capture_output=True,
                           encoding="utf-8", check=True)
    return set(found.stdout.split())


def _outcomes(job: Any, number: int) -> list[Any]:
    """The outcomes of a job's calls; the job's own end for each where it has none."""
    import submitit

    try:
        return list(job.result())
    except submitit.core.utils.FailedJobError as error:
        return [error] * number
    except submitit.core.utils.UncompletedJobError:
        return [LostWorkerError(f"job {job.job_id} ended as {job.state}")] * number
