"""Engines: what runs the tasks of a study.  One file each behind one protocol; each is an extra but the local one."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, Protocol

from ...common.checking.values import counted
from ...common.errors import UserError

EXAMPLES = "local[:N], dask[:N], dask://HOST:PORT, ray[:N], ray://HOST[:PORT], slurm, slurm:local"
EXTRAS = {"dask": "distributed", "ray": "ray", "slurm": "submitit"}  # engine to the module that its extra installs

Calls = dict[int, tuple[Any, ...]]  # arguments by the number of the call


class LostWorkerError(RuntimeError):
    """A worker that ended before its task did."""


class Engine(Protocol):
    """Runs calls of one function on workers, in any order.

    An engine knows nothing of tasks, retries or results: it is handed calls and says how each has ended."""

    assigns_gpus: bool
    """Whether its scheduler gives each call a GPU of its own; otherwise tasks share out those of their machine."""

    def submit(self, calls: Calls) -> None:
        """Has the function called with each tuple of arguments; the numbers name the calls in `finished`."""

    def finished(self) -> tuple[int, Any]:
        """Waits for a call to end; returns its number, and its result or the exception that it ended with."""

    def drop(self) -> None:
        """Drops the calls that have not begun."""

    def close(self) -> None:
        """Waits for the calls that run here, and lets go of the workers."""


def make_engine(name: str, function: Callable[..., Any], cores: int, settings: dict[str, Any]) -> Engine:
    """The engine that --engine names.

    cores: of each task.  settings: GPUs, and options of the engine's own, such as Slurm's partition.
    Raises UserError for an unknown engine, one whose extra is not installed, or a cluster that does not answer."""
    kind, separator, place = name.partition("://") if "://" in name else name.partition(":")
    if kind not in ("local", *EXTRAS) or not _is_place(kind, separator, place):
        raise UserError(f"--engine {name} is unknown; expected one of {EXAMPLES}.")
    if kind in EXTRAS and importlib.util.find_spec(EXTRAS[kind]) is None:
        raise UserError(f"--engine {name} needs the extra unbraid[{kind}]: pip install 'unbraid[{kind}]'.")
    module = importlib.import_module(f".{kind}_engine", __name__)
    address = f"{kind}://{place}" if separator == "://" else ""
    return module.start(function, cores=cores, place="" if address else place, address=address, **settings)


def _is_place(kind: str, separator: str, place: str) -> bool:
    """Whether an engine of this kind runs at a place, such as "2" after ":" or "host:8786" after "://"."""
    if separator == "://":
        host, _, port = place.partition(":")
        return bool(host) and kind in ("dask", "ray") and (bool(counted(port)) or (kind == "ray" and port == ""))
    return separator == "" or (place == "local" if kind == "slurm" else bool(counted(place)))
