"""Where the users' data files lie, and where unbraid keeps what it made from them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def data_root() -> Path:
    """The folder of the data sets, as in disentanglement_lib: `DISENTANGLEMENT_LIB_DATA`, else the current one."""
    return Path(os.environ.get("DISENTANGLEMENT_LIB_DATA") or ".")


def cache_directory() -> Path:
    """Decoded copies of compressed files: `UNBRAID_CACHE`, else `unbraid` in the user's cache folder."""
    chosen = os.environ.get("UNBRAID_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(chosen).expanduser() if chosen else Path(base).expanduser() / "unbraid"


def search_roots() -> list[Path]:
    """The data root, and disent's (`DISENT_DATA_ROOT`) where that is set."""
    disent = os.environ.get("DISENT_DATA_ROOT")
    return [data_root(), *([Path(disent)] if disent else [])]


def find_file(layouts: Iterable[str]) -> Path | None:
    """The first of several relative paths that exists below a search root, in the order given."""
    candidates = (root / layout for layout in layouts for root in search_roots())
    return next((candidate for candidate in candidates if candidate.exists()), None)
