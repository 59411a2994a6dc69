"""Ray: this machine, or a cluster by its address; also the way to Kubernetes (KubeRay)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ...common.errors import UserError, one_sentence
from . import Calls, LostWorkerError

MOST_CALLS = 1000  # handed to Ray at a time: each wait looks at all of them
DEFAULT_PORT = 10001  # of Ray's client server


def start(function: Callable[..., Any], cores: int, place: str, address: str, gpus: int = 0, tasks_per_gpu: int = 1,
          **_: Any) -> RayEngine:
    """Makes the engine for this machine or for a cluster.

    place: the number of tasks at a time on this machine.  address: ray://HOST or ray://HOST:PORT of a cluster's client
    server.  Raises UserError where no cluster answers."""
    import ray

    if address:
        port = "" if ":" in address.removeprefix("ray://") else f":{DEFAULT_PORT}"
        try:
            ray.init(f"{address}{port}", log_to_driver=False)
        except (OSError, RuntimeError) as error:
            raise UserError(f"--engine {address}: no Ray cluster answers there ({one_sentence(error)}). Start one with "
                            f"`ray start --head --ray-client-server-port {DEFAULT_PORT}`; one that asks for a token "
                            "needs the variable RAY_AUTH_MODE=token here.") from error
    else:  # "local" even where a cluster runs on this machine
        ray.init("local", num_cpus=int(place) * cores if place else None, num_gpus=gpus or None, log_to_driver=False,
                 include_dashboard=False)
    return RayEngine(function, cores, 1 / tasks_per_gpu if gpus else 0)


class RayEngine:
    """Calls as remote functions, each of which takes the cores and the share of a GPU of a task."""

    def __init__(self, function: Callable[..., Any], cores: int, gpu_share: float = 0):
        import ray

        self.assigns_gpus = gpu_share > 0
        self._remote = ray.remote(num_cpus=cores, num_gpus=gpu_share, max_retries=0)(function)
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._numbers: dict[Any, int] = {}

    def submit(self, calls: Calls) -> None:
        self._waiting.extend(calls.items())
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and len(self._numbers) < MOST_CALLS:
            number, arguments = self._waiting.popleft()
            try:
                self._numbers[self._remote.remote(*arguments)] = number
            except ModuleNotFoundError as error:  # the function is read where the cluster's client server runs
                raise UserError(f"The Ray cluster's Python has no module {error.name!r}. Start Ray from an environment "
                                "with the same unbraid.") from error

    def finished(self) -> tuple[int, Any]:
        import ray

        self._hand_out()
        (reference,), _ = ray.wait(list(self._numbers), num_returns=1)
        number = self._numbers.pop(reference)
        try:
            return number, ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            return number, error
        except ray.exceptions.RayError as error:
            return number, LostWorkerError(f"its worker was lost ({type(error).__name__})")

    def drop(self) -> None:
        self._waiting.clear()

    def close(self) -> None:
        import ray

        ray.shutdown()
