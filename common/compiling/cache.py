"""Compiled functions on disk, one file for each function, argument types, source text, library versions and processor.

The name of a file is a hash of all of them, so stale code cannot be found, and processes that write at the same time
cannot mix up their entries.  Takes the place of numba's cache, whose interface to the compiler it follows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np

from ..disk.files import atomic_file
from .cache_folders import readable_folders, writable_folder
from .reachable_sources import reachable_sources

# Prefixes a callee whose code is elsewhere: a recursive function with other argument types.  In another process that is
# a call of nothing, which ends the process.
UNRESOLVED = b".numba.unresolved$"
DIGEST_SIZE = hashlib.sha256().digest_size
# numba's settings in the environment can change the machine code; these cannot.
HARMLESS_SETTINGS = ("NUMBA_CACHE_DIR", "NUMBA_DEBUG_CACHE", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER")


def add_cache(dispatcher: Any) -> Any:
    """The same dispatcher, which from now on looks on disk before it compiles.

    Left alone where numba does not compile (NUMBA_DISABLE_JIT), has other internals, a source cannot be read, or the
    function calls itself: code compiled for other argument types would not find what was loaded."""
    if (hasattr(dispatcher, "_cache") and hasattr(dispatcher, "targetctx")
            and dispatcher.py_func.__name__ not in dispatcher.py_func.__code__.co_names):
        sources = reachable_sources(dispatcher.py_func.__module__)
        if sources is not None:
            dispatcher._cache = CompiledCache(dispatcher.py_func, sources)
    return dispatcher


class CompiledCache:
    """The cache of one function, as numba's dispatcher calls it."""

    def __init__(self, function: Any, sources: str):
        """sources: what `reachable_sources` says of the function's module."""
        self._function, self._sources, self._is_enabled = function, sources, True
        self._source = Path(function.__code__.co_filename)

    @property
    def cache_path(self) -> str:
        return str(writable_folder(self._source))

    def load_overload(self, signature: Any, target: Any) -> Any:
        """What was compiled for these argument types, ready to be called; None if there is none that can be read."""
        target.refresh()
        if not self._is_enabled:
            return None
        name = self._file_name(signature, target.codegen())
        for folder in readable_folders(self._source):
            payload = _read(folder / name)
            if payload is not None:
                with contextlib.suppress(Exception):  # whatever cannot be rebuilt is compiled
                    rebuild: Any = numba.core.compiler.CompileResult._rebuild
                    return rebuild(target, *pickle.loads(payload))
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keeps what was compiled, if another process could run it: without pointers and symbols of this process."""
        folder = writable_folder(self._source)
        if folder is None or not self._is_enabled or result.lifted or result.library.has_dynamic_globals:
            return
        dumps: Any = numba.core.serialize.dumps
        payload = dumps(result._reduce())
        if UNRESOLVED in payload:
            return
        name = self._file_name(signature, result.codegen)
        # A full disk costs the next process time, nothing else.
        with contextlib.suppress(OSError), atomic_file(folder / name) as temporary:
            temporary.write_bytes(hashlib.sha256(payload).digest() + payload)

    def enable(self) -> None:
        """Uses the cache again."""
        self._is_enabled = True

    def disable(self) -> None:
        """Compiles as if there were no cache."""
        self._is_enabled = False

    flush = disable  # called before a function is compiled once more: what lies on disk may serve other processes

    def _file_name(self, signature: Any, codegen: Any) -> str:
        module, name = self._function.__module__, self._function.__qualname__
        constants = (f"{name}={value}" for name, value in _constants(self._function, set()))
        key = "\n".join((module.partition(".")[2], name, self._sources, _versions(), repr(codegen.magic_tuple()),
                         *map(_describe, signature), *constants))
        return f"{module.rpartition('.')[2]}.{name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.nbc"


def _versions() -> str:
    settings = {name: value for name, value in sorted(os.environ.items())
                if name.startswith("NUMBA_") and name not in HARMLESS_SETTINGS}
    return repr((sys.implementation.cache_tag, numba.__version__, llvmlite.__version__, np.__version__, settings))


def _constants(function: Any, seen: set[Any]) -> Iterator[tuple[str, str]]:
    """Values that a function and its callees take from their modules: set at run time, they differ from the source."""
    seen.add(function)
    package = function.__module__.partition(".")[0]
    for name, value in _globals(function.__code__.co_names, function.__globals__, package):
        callee = getattr(value, "__wrapped__", None)
        if isinstance(value, np.ndarray):
            yield name, hashlib.sha256(value.tobytes()).hexdigest()
        elif isinstance(value, (int, float, complex, str, tuple, np.generic)):
            yield name, repr(value)
        elif isinstance(callee, FunctionType) and callee not in seen:
            yield from _constants(callee, seen)


def _globals(names: tuple[str, ...], module: dict[str, Any], package: str) -> Iterator[tuple[str, Any]]:
    """What names stand for in a module, and in the modules of its package that are named, as in `module.CONSTANT`."""
    for name in names:
        value = module.get(name)
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == package:
            yield from _globals(names, vars(value), package)
        elif value is not None:
            yield name, value


def _describe(argument: Any) -> str:
    """The type of an argument, and the fields of a named tuple, which its text lacks."""
    named_tuple = getattr(argument, "instance_class", None)
    return f"{argument} {named_tuple.__module__}.{named_tuple.__qualname__}{named_tuple._fields}" if named_tuple \
        else str(argument)


def _read(path: Path) -> bytes | None:
    """The content of a file whose digest, in front, is right."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, payload = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    return payload if hashlib.sha256(payload).digest() == digest else None
