"""Where the users' data files lie, and where unbraid keeps what it made from them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .reads import note_read


def data_root() -> Path:
    """The folder of the data sets, as in disentanglement_lib: `DISENTANGLEMENT_LIB_DATA`, else the current one."""
    return Path(os.environ.get("DISENTANGLEMENT_LIB_DATA") or ".")


def search_roots() -> list[Path]:
    """The data root, and disent's (`DISENT_DATA_ROOT`) where that is set."""
    disent = os.environ.get("DISENT_DATA_ROOT")
    return [data_root(), *([Path(disent)] if disent else [])]


def find_file(layouts: Iterable[str]) -> Path | None:
    """The first of several relative paths that exists below a search root, in the order given."""
    candidates = (root / layout for layout in layouts for root in search_roots())
    found = next((candidate for candidate in candidates if candidate.exists()), None)
    if found is not None:
        note_read(found)
    return found
