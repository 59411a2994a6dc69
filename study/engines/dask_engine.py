"""Dask: workers on this machine, or a cluster by the address of its scheduler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import LostWorkerError


def start(function: Callable[..., Any], cores: int, place: str, address: str, **_: Any) -> DaskEngine:
    """place: the number of workers on this machine.  address: dask://HOST:PORT, a scheduler that runs already."""
    from distributed import Client, LocalCluster

    from ...common.numerics.threads import num_cores

    if address:
        return DaskEngine(function, Client(address.replace("dask://", "tcp://")))
    num_workers = int(place) if place else max(1, num_cores() // cores)
    cluster = LocalCluster(n_workers=num_workers, threads_per_worker=1, dashboard_address=None, memory_limit=None)
    return DaskEngine(function, Client(cluster), cluster)


class DaskEngine:
    """Calls as futures.  A worker that dies is reported: Dask's own retries would hide it from the study."""

    def __init__(self, function: Callable[..., Any], client: Any, cluster: Any = None):
        from distributed import as_completed

        self._function, self._client, self._cluster = function, client, cluster
        self._numbers: dict[Any, int] = {}
        self._completed = as_completed()
        client.run_on_scheduler(_report_lost_workers_at_once)

    def submit(self, calls: dict[int, tuple[Any, ...]]) -> None:
        for number, arguments in calls.items():
            future = self._client.submit(self._function, *arguments, pure=False, retries=0)
            self._numbers[future] = number
            self._completed.add(future)

    def finished(self) -> tuple[int, Any]:
        from distributed import KilledWorker

        future = next(self._completed)
        number = self._numbers.pop(future)
        error = future.exception()
        if error is None:
            return number, future.result()
        return number, LostWorkerError("its worker was lost") if isinstance(error, KilledWorker) else error

    def drop(self) -> None:
        self._client.cancel(list(self._numbers))

    def close(self) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _report_lost_workers_at_once(dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = 0
    dask_scheduler.WORKER_SATURATION = 1.0  # a task that only waits at a worker would be lost with it
