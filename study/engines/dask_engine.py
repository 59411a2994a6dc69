"""Dask: workers on this machine, or a cluster by the address of its scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from ...common.errors import UserError, one_sentence
from . import Calls, LostWorkerError

SECONDS_TO_CONNECT = 30.0


def start(function: Callable[..., Any], cores: int, place: str, address: str, **_: Any) -> DaskEngine:
    """Makes the engine for workers on this machine or for a scheduler that runs already.

    place: the number of workers on this machine.  address: dask://HOST:PORT of the scheduler.
    Raises UserError where no scheduler answers."""
    from distributed import Client, LocalCluster

    from ...common.numerics.threads import num_cores

    if address:
        try:
            client = Client(address.replace("dask://", "tcp://"), timeout=SECONDS_TO_CONNECT)
        except OSError as error:
            raise UserError(f"--engine {address}: no Dask scheduler answers there ({one_sentence(error)}). Start one "
                            "with `dask scheduler`, and workers with `dask worker HOST:PORT --nthreads 1`.") from error
        return DaskEngine(function, client)
    num_workers = int(place) if place else max(1, num_cores() // cores)
    cluster = LocalCluster(n_workers=num_workers, threads_per_worker=1, dashboard_address=None, memory_limit=None)
    return DaskEngine(function, Client(cluster), cluster)


class DaskEngine:
    """Calls as futures.  A worker that dies is reported: Dask's own retries would hide it from the study."""

    assigns_gpus = False

    def __init__(self, function: Callable[..., Any], client: Any, cluster: Any = None):
        from distributed import as_completed

        self._function, self._client, self._cluster = function, client, cluster
        self._numbers: dict[Any, int] = {}
        self._completed = as_completed()
        self._settings_before = client.run_on_scheduler(_exchange, settings=REPORT_LOST_WORKERS_AT_ONCE)

    def submit(self, calls: Calls) -> None:
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
        with contextlib.suppress(Exception):  # the scheduler may have ended, and may serve other users' work
            self._client.run_on_scheduler(_exchange, settings=self._settings_before)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


# A task that only waits at a worker, which the saturation decides, would be lost with it.
REPORT_LOST_WORKERS_AT_ONCE = {"allowed_failures": 0, "WORKER_SATURATION": 1.0}


def _exchange(settings: dict[str, Any], dask_scheduler: Any) -> dict[str, Any]:
    """Sets attributes of the scheduler; returns what they were."""
    before = {name: getattr(dask_scheduler, name) for name in settings}
    for name, value in settings.items():
        setattr(dask_scheduler, name, value)
    return before
