"""Checks that were passed, as empty files in the folder of compiled code: importing a library to compare takes long.

The name of a file is a hash of whatever could change the outcome: our source, the library's files by size and time, the
versions and the processor.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...common.compiling.cache_folders import readable_folders, writable_folder
from ...common.compiling.reachable_sources import reachable_sources
from ...common.disk.files import atomic_file


def is_recorded(check: str, sources: str, library: str) -> bool:
    """Whether a check was passed under the same circumstances.

    sources: the module of ours that it checks.  library: the module that it is compared with."""
    name = _file_name(check, sources, library)
    return name is not None and any((folder / name).is_file() for folder in readable_folders(Path(__file__)))


def record(check: str, sources: str, library: str) -> None:
    """Records that a check was passed, if a file can be written."""
    name, folder = _file_name(check, sources, library), writable_folder(Path(__file__))
    if name is not None and folder is not None:
        with contextlib.suppress(OSError), atomic_file(folder / name):
            pass


def _file_name(check: str, sources: str, library: str) -> str | None:
    """None if there is nothing to tell another source or library by."""
    source_hash, spec = reachable_sources(sources), importlib.util.find_spec(library)
    if source_hash is None or spec is None or not spec.submodule_search_locations:
        return None
    import llvmlite.binding as llvm
    import scipy

    digest = hashlib.sha256(repr((check, source_hash, np.__version__, scipy.__version__, platform.platform(),
                                  llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())).encode())
    for entry in sorted(_files(spec.submodule_search_locations[0])):
        digest.update(repr(entry).encode())
    return f"{check.replace(' ', '_')}-{digest.hexdigest()[:32]}.equal"


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time in nanoseconds of every file of a library but its bytecode and tests."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                found = entry.stat()
                yield entry.path, found.st_size, found.st_mtime_ns
            elif entry.name not in ("__pycache__", "tests"):
                yield from _files(entry.path)
