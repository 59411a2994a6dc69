"""What the operating system refuses, as one sentence: which path, why, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError

ADVICE = {
    errno.ENOSPC: "Free some space there, or write to another disk",
    errno.EDQUOT: "Free some of your quota there, or write to another disk",
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f), or write elsewhere",
    errno.EROFS: "Write to another disk",
    errno.EACCES: "Check the permissions of the path and of the folders above it",
    errno.EPERM: "Check the permissions of the path and of the folders above it",
    errno.ENOTDIR: "A part of the path is a file; give a path whose folders are folders",
    errno.ENAMETOOLONG: "Give a shorter path",
    errno.ELOOP: "A symbolic link in the path leads back to itself; give another path",
    errno.EMFILE: "Raise the limit on open files (ulimit -n)",
    errno.ENFILE: "Close other programs, or try again later",
    errno.EISDIR: "Give the path of a file",
    errno.ENOENT: "Check the path",
    errno.EIO: "Check the disk",
    errno.ESTALE: "The network disk lost the file; try again",
}
# How writers of other libraries say that a file could not be written: torch's, and numpy's without an errno.
FAILED_WRITES = re.compile(r"unexpected pos|PytorchStreamWriter|inline_container|failed writ|write failed|"
                           r"requested and \d+ written|No space left|Disk quota exceeded|File too large", re.IGNORECASE)


class SystemRefusalError(UserError):
    """Something that the operating system did not let unbraid do."""


def sentence_of(error: OSError) -> str:
    """One sentence for an OSError: the path that it names, why, and what to do."""
    names = [os.fsdecode(name) for name in (error.filename, error.filename2)
             if isinstance(name, (str, bytes, os.PathLike))]
    return f"{' -> '.join(names)}: {reason_of(error)}" if names else reason_of(error)


def reason_of(error: OSError) -> str:
    """Why the system refused, and what to do about it."""
    advice = ADVICE.get(error.errno or 0)
    return f"{error.strerror or str(error) or type(error).__name__}." + (f" {advice}." if advice else "")


@contextlib.contextmanager
def named_writes(path: Path) -> Iterator[None]:
    """Within the block, what keeps `path` from being written becomes a SystemRefusalError that names it.

    Libraries report a full disk in their own ways: torch by a RuntimeError about positions, numpy without an errno."""
    try:
        yield
    except UserError:
        raise
    except OSError as error:
        if error.filename is not None and not _is_about(Path(os.fsdecode(error.filename)), path):
            raise  # something else, which the block reads
        if error.errno is None and not FAILED_WRITES.search(str(error)):
            raise  # not the system's: gzip.BadGzipFile and others are OSErrors, too
        raise SystemRefusalError(f"{path} cannot be written: {reason_of(error)}") from error
    except (RuntimeError, ValueError) as error:
        if not FAILED_WRITES.search(str(error)):
            raise
        reason = "no space is left on the disk." if _is_full(path) else "is the disk full?"
        raise SystemRefusalError(f"{path} cannot be written: {reason} {ADVICE[errno.ENOSPC]}.") from error


def _is_about(named: Path, path: Path) -> bool:
    """Whether an error names `path`, a temporary beside it or in it, or a folder above it."""
    return path.parent in named.parents or path.is_relative_to(named)


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < 1 << 20
    except OSError:
        return False
