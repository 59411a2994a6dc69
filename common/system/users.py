"""The user of this process: a name for folders in shared places, and the folder of caches."""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from .available import IS_WINDOWS


def user_name() -> str:
    """A name that no other user of this machine has: the number of the account, or its name on Windows."""
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def is_private(folder: Path) -> bool:
    """Whether only this user can write to a folder.  On Windows the user's temporary folder is private already."""
    found = folder.lstat()
    if IS_WINDOWS or not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def user_cache_folder() -> Path:
    """The folder of the user's caches by the system's custom.  Raises RuntimeError without a home folder."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]).expanduser()
    if IS_WINDOWS and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
