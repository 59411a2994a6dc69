"""Processes: whether one lives, how one ended and what it took, cores, and ending with the parent."""

from __future__ import annotations

import _thread
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from .available import IS_WINDOWS, c_function
from .limits import TIMED_OUT

PR_SET_PDEATHSIG = 1  # linux/prctl.h
WATCH_SECONDS = 1.0  # between two looks at the parent, where the system does not tell of its end
SYNCHRONIZE, WAIT_TIMEOUT, ACCESS_DENIED = 0x100000, 0x102, 5  # Windows' winnt.h, winbase.h, winerror.h
CAN_FORK = sys.platform == "linux" and hasattr(os, "fork")  # macOS has fork, but its libraries do not survive it

TIME_LIMIT = "the time limit"
CAUSES = {"SIGSEGV": "a segmentation fault", "SIGABRT": "an abort", "SIGBUS": "a bus error",
          "SIGKILL": "a kill, perhaps for lack of memory", "SIGALRM": TIME_LIMIT,
          "SIGXCPU": "the limit of processor time", "SIGXFSZ": "an attempt to write a file",
          "SIGILL": "a bad instruction", "SIGFPE": "a bad division"}
# Windows has no signals: a process that crashes ends with an NTSTATUS code.
WINDOWS_CAUSES = {0xC0000005: "a segmentation fault", 0xC00000FD: "a stack overflow", 0xC0000409: "an abort",
                  0xC000001D: "a bad instruction", 0xC0000094: "a bad division", 0xC0000017: "a lack of memory"}


def available_cores() -> int:
    """Cores that this process may run on; those of the machine where the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_alive(process: int) -> bool:
    """Whether a process of this machine runs; True where the system does not tell."""
    if IS_WINDOWS:  # there os.kill would end it
        return _is_alive_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _is_alive_on_windows(process: int) -> bool:
    windows: Any = getattr(ctypes, "windll", None)
    if windows is None:
        return True
    handle = windows.kernel32.OpenProcess(SYNCHRONIZE, False, process)
    if not handle:
        return bool(windows.kernel32.GetLastError() == ACCESS_DENIED)
    try:
        return bool(windows.kernel32.WaitForSingleObject(handle, 0) == WAIT_TIMEOUT)
    finally:
        windows.kernel32.CloseHandle(handle)


def wait_and_measure(process: subprocess.Popen[Any]) -> int | None:
    """Waits for a child; returns the most memory it had, in MiB, or None where the system does not tell."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return round(usage.ru_maxrss / unit)


def cause_of_end(status: int) -> str | None:
    """What ended a process, in words, by its exit status as of `subprocess`; None if it ended by itself."""
    if status == TIMED_OUT:
        return TIME_LIMIT
    if status >= 0:
        return WINDOWS_CAUSES.get(status, f"error {status:#x}" if status > 0xBFFFFFFF else None)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = ""
    return CAUSES.get(name, f"signal {-status}")


def in_fork(work: Callable[[int], Any], most_bytes: int) -> tuple[bytes, int]:
    """What `work(descriptor)` writes in a fork of this process, and the fork's exit status.  Only where CAN_FORK.

    `work` never returns."""
    if sys.platform == "win32":
        raise NotImplementedError
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        work(writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        written = pipe.read(most_bytes)
    _, status = os.waitpid(child, 0)
    return written, os.waitstatus_to_exitcode(status)


def end_with(parent: int) -> None:
    """Has this process receive SIGTERM when its parent ends."""
    prctl = c_function("prctl") if sys.platform == "linux" else None
    if prctl is None:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
        return
    prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != parent:  # it ended before it could be asked
        os.kill(os.getpid(), signal.SIGTERM)


def _watch(parent: int) -> None:
    """Asks again and again whether the parent is there.

    On Windows the parent of a process in a virtual environment is a launcher, and os.kill lets nothing clean up."""
    while is_alive(parent) if IS_WINDOWS else os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    if IS_WINDOWS:
        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
