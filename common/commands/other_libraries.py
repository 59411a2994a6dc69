"""Habits of other libraries that users should not meet: reports sent home, caches where nothing may be written."""

from __future__ import annotations

import os
from pathlib import Path

from ..compiling.cache_folders import temporary_folder
from ..system.available import FOLLOWS_XDG

NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"  # read by ONNX Runtime when it is imported
MATPLOTLIB_FOLDER = "MPLCONFIGDIR"


def send_nothing() -> None:
    """ONNX Runtime sends no reports about its use, unless the user has said otherwise; it warns where it cannot keep a
    number for the machine."""
    os.environ.setdefault(NO_TELEMETRY, "1")


def place_caches() -> None:
    """matplotlib keeps its list of fonts in a temporary folder where the user's folders cannot be written.

    It would warn of it, and make the list anew in each process."""
    if MATPLOTLIB_FOLDER not in os.environ and not all(map(_may_be_made, _matplotlib_folders())):
        folder = temporary_folder()
        if folder is not None:
            os.environ[MATPLOTLIB_FOLDER] = str(folder / "matplotlib")


def _matplotlib_folders() -> list[Path]:
    """Where matplotlib keeps settings and caches by default."""
    try:
        home = Path.home()
    except RuntimeError:  # there is none
        return [Path("/nonexistent")]
    if not FOLLOWS_XDG:
        return [home / ".matplotlib"]
    return [Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "matplotlib",
            Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "matplotlib"]


def _may_be_made(folder: Path) -> bool:
    """Whether a folder can be written, or made, without making it."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), None)
    return existing is not None and existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
