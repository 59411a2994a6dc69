"""The source text that a module's functions can reach: its own and that of every module it imports, transitively.

Compiled code holds the callees and constants of the moment it was compiled, so it is stale once any of that text
changes.  Only modules of the same package are followed; other libraries are told apart by their versions.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

# `from BASE import NAMES` with NAMES on one line or in parentheses, and `import MODULE`.  Parsing the syntax tree
# takes thirty times as long; a test compares the two on every module of the package.
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(?P<base>[\w.]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n]*)"
                    r"|import[ \t]+(?P<modules>[^\n]*))", re.MULTILINE)
COMMENT = re.compile(r"#[^\n]*")

_texts: dict[str, bytes] = {}  # of modules, as they were when they were loaded


def remember_sources(package: str) -> None:
    """Reads the source of every loaded module of a package that was not read before.

    Called while modules are loaded: an update under a running process changes files, but not the code in memory."""
    for name in [name for name in list(sys.modules) if name not in _texts and name.partition(".")[0] == package]:
        text = _read(name)
        if text is not None:
            _texts[name] = text


@functools.cache
def reachable_sources(module: str) -> str | None:
    """Hash of the names and texts of a module and of all modules of its package that it imports, as they were loaded.

    None if a source cannot be read, for example in a zip file."""
    texts: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in texts:
            continue
        text = _texts.get(name) or _read(name)
        if text is None:
            return None
        texts[name] = text
        waiting.extend(imported_modules(name, text.decode("utf-8")))
    digest = hashlib.sha256()
    for name, text in sorted(texts.items()):
        digest.update(f"{name.partition('.')[2]} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def imported_modules(module: str, text: str) -> Iterator[str]:
    """Names of the modules of its own package that the text of a module imports."""
    package = module.partition(".")[0]
    parent = module if _path(module).name == "__init__.py" else module.rpartition(".")[0]
    for found in IMPORT.finditer(text):
        if found["modules"]:
            candidates = _names(found["modules"])
        else:
            base = resolve_name(found["base"], parent)
            candidates = [base, *(f"{base}.{name}" for name in _names(found["names"]))]
        for name in candidates:
            if name.partition(".")[0] == package and _path(name).is_file():
                yield name


def _names(listed: str) -> list[str]:
    """["a", "b.c"] of "(a as x, b.c)"."""
    return [name.split()[0] for name in COMMENT.sub("", listed).strip("() \t\n").split(",") if name.strip()]


def _read(module: str) -> bytes | None:
    try:
        return _path(module).read_bytes()
    except OSError:
        return None


def _path(module: str) -> Path:
    """Where the source of a module lies, whether or not there is one; from the folder of its top-level package."""
    package, _, rest = module.partition(".")
    top = sys.modules[package]
    if not hasattr(top, "__path__"):  # a single file
        return Path(top.__file__ or "")
    path = Path(top.__path__[0]).joinpath(*rest.split(".")) if rest else Path(top.__path__[0])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
