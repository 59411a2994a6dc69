"""This machine: as many tasks at a time as fit on its cores."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...common.numerics.threads import num_cores
from . import Calls


def start(function: Callable[..., Any], cores: int, place: str, **_: Any) -> LocalEngine:
    """place: the number of tasks at a time, as text; by default as many as the cores allow."""
    return LocalEngine(function, int(place) if place else max(1, num_cores() // cores))


class LocalEngine:
    """Threads, each of which waits for the processes of one task."""

    assigns_gpus = False

    def __init__(self, function: Callable[..., Any], num_workers: int):
        self._function = function
        self._pool = ThreadPoolExecutor(num_workers)
        self._ended: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()

    def submit(self, calls: Calls) -> None:
        for number, arguments in calls.items():
            self._pool.submit(self._run, number, arguments)

    def finished(self) -> tuple[int, Any]:
        return self._ended.get()

    def drop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        self._pool.shutdown()

    def _run(self, number: int, arguments: tuple[Any, ...]) -> None:
        try:
            self._ended.put((number, self._function(*arguments)))
        except BaseException as error:  # whatever it is, the study has to hear of it
            self._ended.put((number, error))
