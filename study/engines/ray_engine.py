"""Ray: this machine, or a cluster by its address; also the way to Kubernetes (KubeRay)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from . import LostWorkerError

MOST_CALLS = 1000  # handed to Ray at a time: each wait looks at all of them


def start(function: Callable[..., Any], cores: int, place: str, address: str, **_: Any) -> RayEngine:
    """place: the number of tasks at a time on this machine.  address: ray://HOST:PORT of a cluster's client server."""
    import ray

    if address:
        ray.init(address, log_to_driver=False)
    else:
        ray.init(num_cpus=int(place) * cores if place else None, log_to_driver=False, include_dashboard=False)
    return RayEngine(function, cores)


class RayEngine:
    """Calls as remote functions, each of which takes the cores of a task."""

    def __init__(self, function: Callable[..., Any], cores: int):
        import ray

        self._remote = ray.remote(num_cpus=cores, max_retries=0)(function)
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._numbers: dict[Any, int] = {}

    def submit(self, calls: dict[int, tuple[Any, ...]]) -> None:
        self._waiting.extend(calls.items())
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and len(self._numbers) < MOST_CALLS:
            number, arguments = self._waiting.popleft()
            self._numbers[self._remote.remote(*arguments)] = number

    def finished(self) -> tuple[int, Any]:
        import ray

        self._hand_out()
        (reference,), _ = ray.wait(list(self._numbers), num_returns=1)
        number = self._numbers.pop(reference)
        try:
            return number, ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            return number, error
        except ray.exceptions.RayError:
            return number, LostWorkerError("its worker was lost")

    def drop(self) -> None:
        self._waiting.clear()

    def close(self) -> None:
        import ray

        ray.shutdown()
