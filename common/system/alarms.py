"""A function that is called in the main thread after some seconds: by SIGALRM, or by a thread where there is none."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any


class Alarm:
    """Rings once after each `set`.  Made, set and closed by the main thread."""

    def __init__(self, ring: Callable[[int, Any], None]):
        """ring: called as a signal handler is.  Without SIGALRM the handler of another signal has to call it, see
        `has_rung`."""
        self._has_signal = hasattr(signal, "SIGALRM") and hasattr(signal, "setitimer")
        self._before: Any = None
        if sys.platform != "win32" and self._has_signal:
            self._before = signal.signal(signal.SIGALRM, ring)
        self._timer: threading.Timer | None = None
        self._has_rung = False

    def set(self, seconds: float, number: int) -> None:
        """Rings after that time.  number: a signal with a handler of Python's, called where there is no SIGALRM."""
        if sys.platform != "win32" and self._has_signal:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return
        self._stop()
        self._timer = threading.Timer(seconds, self._ring, (number,))
        self._timer.daemon = True
        self._timer.start()

    def has_rung(self) -> bool:
        """Whether the handler that asks was called by the alarm instead of by its signal; the next answer is False."""
        has_rung, self._has_rung = self._has_rung, False
        return has_rung

    def close(self) -> None:
        """Rings no more; the handler of SIGALRM that was there before is back."""
        if sys.platform != "win32" and self._has_signal:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
        self._stop()

    def _ring(self, number: int) -> None:
        self._has_rung = True
        _thread.interrupt_main(signal.Signals(number))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
