"""Progress where there is no terminal: a line now and then, for log files of jobs."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

FIRST_SECONDS, SECONDS = 10.0, 60.0  # until the first line, and between two lines


class LineProgress:
    """Has the members of a tqdm bar that a training uses, and prints lines on standard error."""

    def __init__(self, total: int, initial: int = 0, unit: str = "it"):
        self.total, self.done, self.initial, self.unit = total, initial, initial, unit
        self.started = time.monotonic()
        self.due = self.started + FIRST_SECONDS
        self.shown: Mapping[str, str] = {}

    def update(self, count: int = 1) -> None:
        """Counts, and prints a line when one is due."""
        self.done += count
        if (now := time.monotonic()) >= self.due:
            self.due = now + SECONDS
            print(self.line(now), file=sys.stderr, flush=True)

    def set_postfix(self, shown: Mapping[str, str]) -> None:
        """What the next line says beside the count."""
        self.shown = shown

    def close(self) -> None:
        """Nothing is left to do."""

    def line(self, now: float) -> str:
        """The count, what was shown last, and the time to the end at the pace so far."""
        pace = (now - self.started) / max(1, self.done - self.initial)
        left = pace * (self.total - self.done)
        terms = "".join(f", {name} {value}" for name, value in self.shown.items())
        return f"{self.unit} {self.done:,} of {self.total:,}{terms}, {_duration(left)} left"


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def steps_progress(**options: Any) -> Any:
    """A tqdm bar on a terminal, else lines."""
    from .command_line import progress

    return progress(**options) if sys.stderr.isatty() else LineProgress(**options)
