"""What a data set says about itself: where it comes from, under which licence, and which files it reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import MissingDataError
from ..files.paths import find_file, search_roots


@dataclass(frozen=True)
class DataFile:
    """A file at a data set's home.  path: where it belongs, relative to the data root.

    unpack: None, "gz" (a compressed file; `path` is the plain one), or "tar:PREFIX" or "zip:PREFIX" (an archive; what
    lies below PREFIX goes into the folder `path`).  sha256 and md5 are of the file as it is downloaded, unpacked_md5 of
    the one at `path`; None where no source gives one."""

    path: str
    url: str
    sha256: str | None = None
    md5: str | None = None
    unpacked_md5: str | None = None
    unpack: str | None = None


@dataclass(frozen=True)
class About:
    """home: web page.  files: what `unbraid-data download` fetches.  layouts: every place, relative to the data root,
    where the data is looked for, the preferred one first.  manual: how to get data that cannot be downloaded.  means:
    of each channel over all images, values in [0, 1], as the configuration files of nmichlo/disent state them."""

    home: str
    licence: str
    files: tuple[DataFile, ...] = ()
    layouts: tuple[str, ...] = ()
    manual: str = ""
    means: tuple[float, ...] = ()


def missing(name: str, layouts: Iterable[str]) -> MissingDataError:
    """The error for a data set without its file: where it was looked for and how to fetch it."""
    layouts = list(layouts)
    roots = " or ".join(str(root) for root in search_roots())
    places = ", ".join(layouts[:3]) + (f" and {len(layouts) - 3} other places" if len(layouts) > 3 else "")
    return MissingDataError(f"The data of {name} is not in {roots} (looked for {places}). Set DISENTANGLEMENT_LIB_DATA "
                            f"to the folder that has it, or run: unbraid-data download {name}")


def require_file(name: str, about: About) -> Path:
    """The first of the layouts that exists.  Raises MissingDataError."""
    path = find_file(about.layouts)
    if path is None:
        raise missing(name, about.layouts)
    return path
