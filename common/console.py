"""What the console commands start: signals are heeded before anything is imported that takes its time."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from .commands import guarded


def _command(name: str, module: str) -> Callable[[], int]:
    def start() -> int:
        return guarded(f"unbraid-{name}", lambda: importlib.import_module(module, __name__.split(".")[0]).main())

    return start


data = _command("data", ".ground_truth.__main__")
train = _command("train", ".training.__main__")
reproduce = _command("reproduce", ".training.studies.reproduce")
export = _command("export", ".export.__main__")
evaluate = _command("evaluate", ".evaluation.__main__")
aggregate = _command("aggregate", ".evaluation.reporting.aggregate")
report = _command("report", ".evaluation.reporting.report")
visualize = _command("visualize", ".evaluation.visualize.__main__")
