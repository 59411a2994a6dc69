"""The trackers of a run: started together, told the same, and never a reason for a training to end."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from ...common.disk.files import write_json
from ...common.disk.reading import read_json
from ...common.errors import ConfigurationError, UserError

logger = logging.getLogger(__name__)

TrackerName = Literal["mlflow", "wandb"]
FILE_NAME = "trackers.json"  # in the model's folder: the identity of the run in each tracker, for resuming


class Tracker(Protocol):
    """One run in a tracker.  Made of the model's folder, its parameters, and the identity of the run to go on with."""

    run_id: str

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Takes numbers by name, at a global step."""

    def close(self, finished: bool) -> None:
        """Ends the run, which either finished or was interrupted."""


def check_trackers(names: Sequence[TrackerName]) -> None:
    """Raises ConfigurationError for a tracker whose package is not installed."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise ConfigurationError(f"model.trackers has {name!r}, whose package is not installed; take it out, or "
                                     f"pip install 'unbraid[{name}]'.")


class Trackers:
    """Passes numbers on to every tracker.  One that fails is left out from then on, with a warning."""

    def __init__(self, trackers: Mapping[str, Tracker]):
        self._trackers = dict(trackers)

    @property
    def run_ids(self) -> dict[str, str]:
        """The identity of the run in each tracker."""
        return {name: tracker.run_id for name, tracker in self._trackers.items()}

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Takes numbers by name, at a global step."""
        for name, tracker in list(self._trackers.items()):
            self._guarded(name, partial(tracker.log, step, values))

    def close(self, finished: bool) -> None:
        """Ends the runs."""
        for name, tracker in list(self._trackers.items()):
            self._guarded(name, partial(tracker.close, finished))

    def _guarded(self, name: str, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # a service that is down may raise anything
            del self._trackers[name]
            logger.warning("%s takes no more numbers of this run: %s: %s.", name, type(error).__name__, error)


@contextmanager
def tracking(names: Sequence[TrackerName], model_dir: Path, parameters: Mapping[str, Any]) -> Iterator[Trackers]:
    """Runs the block with the trackers of these names; a run that was resumed goes on in each of them.

    parameters: plain values by name.  Raises UserError for a tracker that cannot be started."""
    path = model_dir / FILE_NAME
    known = read_json(path, dict.fromkeys(names, str), "the trackers of a run") if path.exists() else {}
    trackers = Trackers({name: _started(name, model_dir, parameters, known.get(name)) for name in names})
    if names:
        write_json(path, {**known, **trackers.run_ids})
    finished = False
    try:
        yield trackers
        finished = True
    finally:
        trackers.close(finished)


def _started(name: TrackerName, model_dir: Path, parameters: Mapping[str, Any], run_id: str | None) -> Tracker:
    start = importlib.import_module(f".{name}_tracker", __package__).start
    try:
        tracker: Tracker = start(model_dir, parameters, run_id)
    except Exception as error:  # what a server, a login or a folder may raise
        raise UserError(f"{name} cannot be started: {type(error).__name__}: {error}. Take it out of model.trackers to "
                        "train without it.") from error
    return tracker
