"""What not every system has is used in `common/system` only, and every text file is opened with an encoding."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sitecustomize import LINUX_C, POSIX_MODULES, POSIX_OS, POSIX_SIGNALS

ROOT = Path(__file__).resolve().parents[3]
FLOORS = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "study")
GUARDED = "common/system/"
# Names that a system lacks, or that tell which one it is.  On Windows select waits for sockets only.
MISSING_NAMES = {
    "os": POSIX_OS, "signal": POSIX_SIGNALS, "sys": {"platform"}, "platform": {"system", "uname"},
    "ctypes": {"CDLL", "PyDLL", "cdll", "pythonapi", "windll", "util"}, "select": {"poll", "epoll", "select"},
    "time": {"tzset", "clock_gettime"}, "socket": {"AF_UNIX", "socketpair"}}


def unportable(source: str) -> Iterator[str]:
    """What a module uses that some system does not have, with its line."""
    for node in ast.walk(ast.parse(source)):
        for name in _unportable(node):
            yield f"{getattr(node, 'lineno', 0)}: {name}"


def _unportable(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names if name.name.partition(".")[0] in POSIX_MODULES)
        case ast.ImportFrom(module=str(module), level=0, names=names):
            missing = MISSING_NAMES.get(module, set())
            yield from (f"{module}.{name.name}" for name in names if module in POSIX_MODULES or name.name in missing)
        case ast.Attribute(value=ast.Name(id=module), attr=name) if name in MISSING_NAMES.get(module, ()):
            yield f"{module}.{name}"
        case ast.Attribute(value=ast.Name(id="os"), attr="name"):
            yield "os.name"
        case ast.Attribute(attr=name) if name in LINUX_C:
            yield name
        case ast.Constant(value=str(text)) if text.startswith(("/proc/", "/sys/", "/dev/", "/tmp/")):
            yield text
        case ast.Call() if _opens_text_without_encoding(node):
            yield f"{ast.unparse(node)[:60]} without an encoding"


def _opens_text_without_encoding(call: ast.Call) -> bool:
    options = {keyword.arg for keyword in call.keywords}
    if "encoding" in options or None in options:
        return False
    modes = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    modes += [keyword.value.value for keyword in call.keywords
              if keyword.arg == "mode" and isinstance(keyword.value, ast.Constant)]
    is_binary = any(isinstance(mode, str) and "b" in mode and len(mode) <= 3 for mode in modes)
    match call.func:
        case ast.Name(id="open"):
            return not is_binary
        case ast.Attribute(value=ast.Name(id="os" | "tarfile" | "Image")):
            return False
        case ast.Attribute(attr="open"):  # of a path; archives and images are opened with arguments
            return not is_binary and all(isinstance(mode, str) and len(mode) <= 2 for mode in modes) and bool(modes)
        case ast.Attribute(attr="read_text"):
            return not call.args
        case ast.Attribute(attr="write_text"):
            return len(call.args) == 1
        case ast.Attribute(value=ast.Name(id="subprocess")):
            return bool({"text", "universal_newlines"} & options)
    return False


@pytest.mark.parametrize("floor", FLOORS)
def test_only_the_modules_that_guard_them_use_names_that_a_system_lacks(floor: str) -> None:
    found = {str(name): list(unportable(path.read_text(encoding="utf-8")))
             for path in sorted((ROOT / floor).rglob("*.py"))
             if not (name := path.relative_to(ROOT).as_posix()).startswith(GUARDED)}
    assert not {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("source", [
    "import fcntl", "import resource", "from pwd import getpwnam", "from os import fork", "os.fork()",
    "os.preadv(f, [b], 0)", "os.sched_getaffinity(0)", "x = os.O_CLOEXEC", "signal.setitimer(0, 1)",
    "{signal.SIGKILL: 1}", "if sys.platform == 'x': pass", "os.name", "from sys import platform", "ctypes.CDLL(None)",
    "library.mallopt(1, 2)", "open('/proc/self/statm', 'rb')", "open(path)",
    "open(path, 'w')", "path.open('a')", "path.read_text()", "path.write_text('a')",
    "subprocess.run(['a'], text=True)", "select.select([a], [], [])"])
def test_what_is_not_portable_is_found(source: str) -> None:
    assert list(unportable(source))


@pytest.mark.parametrize("source", [
    "import os, signal", "from .resource import a", "os.open(path, os.O_RDONLY)", "signal.SIGTERM", "sys.argv",
    "open(path, 'rb')", "open(path, encoding='utf-8')", "path.open('ab')", "read_text(path, 'a table')",
    "path.read_text(encoding='utf-8')",
    "path.write_text(text, encoding='utf-8')", "Image.open(path)", "tarfile.open(path)", "archive.open(member)",
    "subprocess.run(['a'], encoding='utf-8')", "get_format(name).open(path, 'cpu')"])
def test_what_is_portable_passes(source: str) -> None:
    assert not list(unportable(source))
