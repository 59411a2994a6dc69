"""Lets unbraid see another operating system.  Python imports this file by itself when it starts.

PRETENDED_SYSTEM names a system of HIDDEN.  Only unbraid's modules see it: the system's name is in `sys.platform`,
names that it lacks are missing in `os`, `signal` and the C library, and its missing modules cannot be imported.
Python's own modules and other libraries see what is really there.  On Windows an open file can neither be renamed nor
removed, no file is renamed to a name that exists, and os.kill(process, 0) ends the process."""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import errno
import importlib.machinery
import os
import runpy
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

PACKAGE = "unbraid"
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "readline", "curses"}
LINUX_OS = {"sched_getaffinity", "sched_setaffinity", "preadv", "pwritev", "posix_fadvise", "sendfile", "memfd_create",
            "pidfd_open", "copy_file_range", "splice", "eventfd", "O_TMPFILE", "O_PATH", "O_DIRECT"}
POSIX_OS = LINUX_OS | {
    "fork", "forkpty", "wait", "wait3", "wait4", "waitid", "WIFSIGNALED", "WTERMSIG", "WIFEXITED", "WEXITSTATUS",
    "getuid", "geteuid", "getgid", "getegid", "getpgid", "setpgid", "setsid", "killpg", "nice", "getpriority", "uname",
    "sysconf", "statvfs", "fstatvfs", "pathconf", "chown", "lchown", "mkfifo", "mknod", "pread", "pwrite", "readv",
    "getloadavg", "O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_SYNC", "register_at_fork", "ttyname",
    "openpty", "sync", "fchdir", "fchown", "fwalk", "getresuid", "lockf", "posix_spawn", "WNOHANG", "EX_USAGE"}
POSIX_SIGNALS = {
    "SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGBUS", "SIGXCPU", "SIGXFSZ", "SIGCHLD",
    "SIGTSTP", "SIGCONT", "SIGSTOP", "SIGQUIT", "setitimer", "getitimer", "ITIMER_REAL", "alarm", "pause",
    "pthread_kill", "pthread_sigmask", "sigwait", "sigtimedwait", "siginterrupt"}
LINUX_C = {"prctl", "renameat2", "mallopt"}
Names = dict[str, set[str]]
HIDDEN: dict[str, tuple[set[str], Names]] = {  # modules, and names of modules
    "linux": (POSIX_MODULES, {"os": LINUX_OS | {"fork", "getuid", "sysconf", "wait4"}, "signal": POSIX_SIGNALS}),
    "darwin": (set(), {"os": LINUX_OS}),
    "win32": (POSIX_MODULES, {"os": POSIX_OS, "signal": POSIX_SIGNALS, "time": {"tzset"}}),
}


class PretendedModule(types.ModuleType):
    """A module as another system has it.  What is set there is set in the real one."""

    def __init__(self, real: Any, hidden: set[str], replaced: dict[str, Any]):
        super().__init__(getattr(real, "__name__", "C library"))
        self.__dict__.update(_real=real, _hidden=hidden, _replaced=replaced)

    def __getattr__(self, name: str) -> Any:
        if name in self._hidden:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on the pretended system")
        return self._replaced[name] if name in self._replaced else getattr(self._real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._real, name, value)


def pretend(system: str) -> None:
    """From now on unbraid's modules are imported with the names of that system."""
    lacking, names = HIDDEN[system]
    replaced = {"sys": {"platform": system}, "ctypes": {"CDLL": _c_library(system)}, "os": {}}
    if system == "win32":
        replaced["os"] = {"kill": _kill_on_windows}
        _keep_open_files()
    seen: dict[str, Any] = {"msvcrt": _msvcrt()} if system == "win32" else {}

    def as_seen(module: Any) -> Any:
        name = getattr(module, "__name__", "")
        if name not in seen and (name in names or name in replaced):
            seen[name] = PretendedModule(module, names.get(name, set()), replaced.get(name, {}))
        return seen.get(name, module)

    def loaded(name: str, load: Callable[[], Any]) -> Any:
        if name.partition(".")[0] in lacking:
            raise ModuleNotFoundError(f"No module named {name!r} on the pretended system", name=name)
        return seen[name] if name == "msvcrt" and name in seen else as_seen(load())

    def import_(name: str, *arguments: Any) -> Any:
        is_relative = len(arguments) == 4 and arguments[3]
        return real_import(name, *arguments) if is_relative else loaded(name, lambda: real_import(name, *arguments))

    def import_module(name: str, package: str | None = None) -> Any:
        return loaded(name, lambda: real_import_module(name, package))

    real_import, real_import_module = builtins.__import__, importlib.import_module
    replaced["importlib"] = {"import_module": import_module}
    _give({**vars(builtins), "__import__": import_})


def _give(names: dict[str, Any]) -> None:
    """Has unbraid's modules run with these builtins, imported ones and the one that `python -m` runs."""
    execute, run = importlib.machinery.SourceFileLoader.exec_module, runpy._run_code  # type: ignore[attr-defined]

    def exec_module(loader: Any, module: types.ModuleType) -> None:
        if module.__name__.partition(".")[0] == PACKAGE:
            module.__dict__["__builtins__"] = names
        execute(loader, module)

    def run_code(code: Any, variables: dict[str, Any], initial: Any = None, name: Any = None, spec: Any = None,
                 *others: Any) -> Any:
        if spec is not None and spec.name.partition(".")[0] == PACKAGE:
            variables["__builtins__"] = names
        return run(code, variables, initial, name, spec, *others)

    importlib.machinery.SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign]
    runpy._run_code = run_code  # type: ignore[attr-defined]


def _c_library(system: str) -> Callable[..., Any]:
    def open_library(name: str | None, **options: Any) -> Any:
        if system == "win32":
            raise TypeError("LoadLibrary() argument 1 must be str, not None")
        return PretendedModule(ctypes.CDLL(name, **options), LINUX_C, {})

    return open_library


def _msvcrt() -> types.ModuleType:
    """Windows' locks of bytes: one handle excludes all others, as flock does."""
    import fcntl

    def locking(descriptor: int, mode: int, num_bytes: int) -> None:
        del num_bytes
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if mode else fcntl.LOCK_UN)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    module = types.ModuleType("msvcrt")
    module.LK_NBLCK, module.LK_UNLCK, module.locking = 2, 0, locking  # type: ignore[attr-defined]
    return module


def _kill_on_windows(process: int, number: int) -> None:
    if number == 0:
        raise AssertionError(f"os.kill({process}, 0) ends the process on Windows")
    os.kill(process, number)


def _keep_open_files() -> None:
    """unbraid renames and removes nothing that this process has open, and opens no folder."""
    for name in ("rename", "replace", "unlink", "remove", "rmdir", "open"):
        setattr(os, name, _refusing(name, getattr(os, name)))


def _refusing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any, *arguments: Any, **options: Any) -> Any:
        if _is_called_by_unbraid():
            if name == "open" and os.path.isdir(path):
                raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
            if name == "rename" and os.path.lexists(arguments[0]):
                raise FileExistsError(errno.EEXIST, "Cannot create a file that exists", os.fspath(arguments[0]))
            if name != "open" and any(map(_is_open, (path, *arguments))):
                raise PermissionError(errno.EACCES, "The file is being used by a process", os.fspath(path))
        return real(path, *arguments, **options)

    return call


def _is_called_by_unbraid() -> bool:
    """Whether the first caller outside of Python's own modules for files is unbraid."""
    frame: Any = sys._getframe(2)
    while frame and frame.f_globals.get("__name__") in ("pathlib", "pathlib._local", "shutil", "os", "contextlib"):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE


def _is_open(path: Any) -> bool:
    """Whether this process has the path open, or something in it."""
    if not isinstance(path, (str, os.PathLike)):
        return False
    found = os.path.realpath(path)
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{descriptor}")
            if target == found or target.startswith(found + "/"):
                return True
    return False


if os.environ.get("PRETENDED_SYSTEM"):
    pretend(os.environ["PRETENDED_SYSTEM"])
    # Every text file is opened with an encoding: the default is not UTF-8 on Windows (PYTHONWARNDEFAULTENCODING).
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"{PACKAGE}\.")
