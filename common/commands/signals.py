"""Ctrl-C, SIGTERM and SIGHUP as one exception, which nothing swallows and a training loop can put off.

Batch systems such as Slurm and Kubernetes end a job with SIGTERM, and kill it some seconds later.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator

from ..system.alarms import Alarm

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last one is Ctrl-Break on Windows, which lacks the third
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
AGAIN_SECONDS = 0.5  # until an exception that did not end the command is raised again
CLEANING_SECONDS = 10.0  # during which further signals do not disturb the cleaning up


class Stopped(KeyboardInterrupt):
    """A signal that ends the command.  note: a sentence for the user, such as where the checkpoint is."""

    def __init__(self, number: int, note: str = ""):
        super().__init__(signal.Signals(number).name)
        self.number = number
        self.note = note

    @property
    def status(self) -> int:
        """Exit status, as shells count it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number

    @property
    def what(self) -> str:
        """What happened, in words."""
        return "interrupted" if self.number == signal.SIGINT else f"ended by {signal.Signals(self.number).name}"


class _State:
    """The signal that came, when, and whether a block has put it off."""

    number: int | None = None
    since = 0.0
    was_raised = False
    is_active = False
    is_put_off = False
    alarm: Alarm | None = None


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block signals raise `Stopped` in the main thread; the handlers before are back at its end.

    Code that swallows every exception, as some libraries do while they are imported, would lose the signal, so the
    exception is raised again every half second until it is on its way out.  A signal that is ignored stays ignored
    (nohup, jobs in the background).  Blocks nest: an inner one changes nothing."""
    if _State.is_active or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    _State.number, _State.was_raised, _State.is_active, _State.is_put_off = None, False, True, False
    _State.alarm, hook = Alarm(_raise_again), sys.unraisablehook
    sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, Stopped) else hook(lost)  # raised again soon
    try:  # a signal can come as soon as the first handler stands
        for number in heeded:
            signal.signal(number, _receive)
        yield
    finally:
        _State.alarm.close()
        for number in heeded:
            signal.signal(number, before[number])
        sys.unraisablehook = hook
        _State.is_active = False


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Within the block a first signal is only noted, for `stop` to raise; a second one raises at once."""
    _State.is_put_off = True
    try:
        yield
    finally:
        _State.is_put_off = False


def stop_requested() -> bool:
    """Whether a signal came that was put off."""
    return _State.is_active and _State.number is not None


def was_replaced() -> bool:
    """Whether `Stopped` was raised, so that an error that ends the command is what a library made of it."""
    return _State.is_active and _State.was_raised


def stop(note: str = "") -> None:
    """Raises `Stopped` for the signal that was put off."""
    assert _State.number is not None
    raise Stopped(_State.number, note)


def _receive(number: int, frame: object) -> None:
    if _State.alarm is not None and _State.alarm.has_rung():
        _raise_again(number, frame)
        return
    is_first = _State.number is None
    if is_first:
        _State.number, _State.since = number, time.monotonic()
    if is_first and _State.is_put_off:
        return
    _State.is_put_off = False
    _raise_again(number, frame)


def _raise_again(number: int, frame: object) -> None:
    assert _State.alarm is not None
    _State.alarm.set(AGAIN_SECONDS, _State.number or number)
    if _State.number is None or _State.is_put_off:
        return
    if _is_on_its_way() and time.monotonic() - _State.since < CLEANING_SECONDS:
        return
    _State.was_raised = True
    raise Stopped(_State.number)


def _is_on_its_way() -> bool:
    """Whether the main thread is cleaning up after `Stopped`: in a `finally`, an `except` or an `__exit__`."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, Stopped):
            return True
        error = error.__context__
    return False
