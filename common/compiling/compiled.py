"""One decorator for every function that numba compiles, with a cache on disk that is never stale.

numba's own cache looks for changes in the file of the outermost function only, and fails where neither the package nor
the home folder can be written.  See `cache`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from .reachable_sources import remember_sources

Function = TypeVar("Function", bound=Callable[..., Any])

_lock = threading.RLock()


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Decorator: numba compiles the function at its first call, without Python's global lock, or loads it from disk.

    options: of `numba.njit`, such as `fastmath`."""

    def decorate(function: Function) -> Function:
        return cast(Function, CompiledFunction(function, options))

    return decorate


class CompiledFunction:
    """A function that is compiled at its first call, from Python or while a function that calls it is compiled.

    numba is imported then as well, which takes as long as all other imports of a small command."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]):
        functools.update_wrapper(self, function)
        self._function, self._options = function, options
        remember_sources(function.__module__.partition(".")[0])

    def __call__(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)

    def __reduce__(self) -> str:  # found by its name, as plain functions are
        return self._function.__qualname__

    @functools.cached_property
    def dispatcher(self) -> Any:
        """numba's object for this function."""
        import numba

        from .cache import add_cache

        with _lock:
            if "dispatcher" not in self.__dict__:
                self.__dict__["dispatcher"] = add_cache(numba.njit(nogil=True, **self._options)(self._function))
        return self.__dict__["dispatcher"]

    @property
    def _numba_type_(self) -> Any:
        """By this, numba recognises a callee."""
        return self.dispatcher._numba_type_
