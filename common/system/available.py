"""Modules and C functions that only some systems have."""

from __future__ import annotations

import ctypes
import importlib
import sys
from typing import Any

IS_WINDOWS = sys.platform == "win32"
FOLLOWS_XDG = sys.platform.startswith(("linux", "freebsd"))  # folders of settings and caches


def module(name: str) -> Any:
    """A module of the standard library, such as `fcntl`; None where the system does not have it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def c_function(name: str) -> Any:
    """A function of the C library that this process uses; None where it has no such function."""
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library of all symbols
        return None
