"""Fast paths: parts of ours that stand in for a library's because they give the same bits sooner.

Each follows one version of its library.  Another version, another processor or a changed copy may compute otherwise;
then the library is right.  So a small problem is solved both ways before a fast path is used for the first time.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import platform
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from ... import __version__
from ...common.errors import UnknownNameError
from .check_records import is_recorded, record

logger = logging.getLogger(__name__)

OURS = "unbraid"
IMPLEMENTATIONS = ("fast", "scikit-learn")
MODULES = {"scikit-learn": "sklearn", "numpy": "numpy"}  # of a library, which is imported; others are the system's

PLACES = {"boosted trees": ".trees.classifier", "logistic regression": ".logistic_regression",
          "exponential": ".exponential"}  # modules of paths that are imported when they are used

_used: dict[str, str] = {}
_paths: dict[str, FastPath] = {}


class FastPath:
    """One part of ours, and whether it may be used here.

    name: as results record it.  library: whose bits it gives.  follows: in which version.
    check: solves a small problem both ways and returns whether all bits are equal."""

    def __init__(self, name: str, library: str, follows: str, check: Callable[[], bool]):
        self.name, self.library, self.follows, self.check = name, library, follows, check
        self._is_equal: bool | None = None
        self._lock = threading.RLock()
        _paths[name] = self

    def is_equal(self) -> bool:
        """Whether this path gives the library's bits; where it does not, a warning says so once.

        Found out at the first call of a process.  If that means to import the library, equality is recorded on disk for
        the same files of the library, source of ours, versions and processor."""
        with self._lock:
            if self._is_equal is None:
                self._is_equal = self._compare()
        note(self.name, OURS if self._is_equal else self.installed)
        return self._is_equal

    def serves(self, implementation: str) -> bool:
        """Whether this path is to be used: if "fast" was asked for and the bits are equal, never for "scikit-learn".

        Raises UnknownNameError for another name."""
        if implementation not in IMPLEMENTATIONS:
            raise UnknownNameError(f"implementation of {self.name}", implementation, IMPLEMENTATIONS)
        if implementation == "fast":
            return self.is_equal()
        note(self.name, self.installed)
        return False

    @property
    def installed(self) -> str:
        """Name and version of the library that is installed, as results record it."""
        if self.library in MODULES:
            return f"{self.library} {importlib.import_module(MODULES[self.library]).__version__}"
        return f"{self.library} {' '.join(platform.libc_ver())}".strip()

    def _compare(self) -> bool:
        sources, module = self.check.__module__, MODULES.get(self.library, "")
        is_imported = not module or module in sys.modules
        if not is_imported and is_recorded(self.name, sources, module):
            return True
        is_equal = self.check()
        if is_equal and not is_imported:
            record(self.name, sources, module)
        if not is_equal:
            logger.warning("%s: %s does not give the bits of %s %s, which unbraid %s reproduces. Its own "
                           "implementation is used instead: slower, with the scores of the installed version.",
                           self.name.capitalize(), self.installed, self.library, self.follows, __version__)
        return is_equal


def note(name: str, implementation: str) -> None:
    """Notes which implementation of a part is used."""
    _used[name] = implementation


def replaced_implementations(noted: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What was ours when a result was made and is the library's now, by name: before and now.

    noted: a result's record.  The opposite is no change: then the numbers are the library's own."""
    paths = all_paths(noted)
    return {name: (OURS, paths[name].installed) for name, implementation in noted.items()
            if implementation == OURS and name in paths and not paths[name].is_equal()}


def all_paths(names: Iterable[str] = tuple(PLACES)) -> dict[str, FastPath]:
    """The fast paths of these names, whose modules are imported, by name."""
    for name in names:
        if name in PLACES:
            importlib.import_module(PLACES[name], __package__)
    return {name: _paths[name] for name in names if name in _paths}


@contextlib.contextmanager
def noted_implementations() -> Iterator[dict[str, str]]:
    """Yields a dictionary that holds what the block used, once it has ended: "unbraid" or a library and its version, by
    name of the part.  For one block at a time in a process."""
    _used.clear()
    found: dict[str, str] = {}
    try:
        yield found
    finally:
        found.update(sorted(_used.items()))
