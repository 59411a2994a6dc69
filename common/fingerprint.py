"""Fingerprints: what a result depends on.  A result may be used again if its fingerprint is the same as today's.

A fingerprint is plain data that is saved with the result: parts by name, each a text or a dictionary of texts.
`differences` says in words what changed.  What belongs into the fingerprint of a score, an export or a training is
listed where these are made; the pieces (files, code, versions) and the comparison are here.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .disk.file_identity import contents_sha256

Fingerprint = dict[str, Any]
KEY = "fingerprint"  # its name in result files
VERSION = "version"  # the part that `any_version` ignores
ANY_VERSION = "any-version"
PACKAGE = Path(__file__).resolve().parent.parent
SHOWN = 60  # characters of a value in a message


def differences(old: Mapping[str, Any], new: Mapping[str, Any], any_version: bool = False) -> list[str]:
    """What changed between two fingerprints, as short phrases such as "data file changed (images.npz)".

    any_version: a different version of a library or of unbraid is no change."""
    if not old:
        return ["it has no fingerprint"]
    found = []
    for part in dict.fromkeys([*old, *new]):
        if old.get(part) != new.get(part) and not (any_version and part == VERSION):
            found.append(f"{part} changed{_detail(old.get(part), new.get(part))}")
    return found


def library_versions(*names: str) -> dict[str, str]:
    """Versions of the installed ones of these distributions."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


@functools.cache
def code_sha256(*folders: str) -> str:
    """Hash of unbraid's own source files in these folders, given relative to the package.

    The version number would not do: it stays the same between two commits of an editable install."""
    files = [file for folder in folders for file in sorted((PACKAGE / folder).rglob("*.py"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(PACKAGE)} ".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def user_code(modules: Iterable[str]) -> dict[str, str]:
    """Source hashes, by module name, of the imported modules that are not unbraid's own."""
    described = {}
    for name in sorted(set(modules)):
        files = _sources(sys.modules.get(name))
        if files and not files[0].is_relative_to(PACKAGE):
            described[name] = contents_sha256(files)[:16]
    return described


def _sources(module: ModuleType | None) -> list[Path]:
    source = getattr(module, "__file__", None)
    if source is None or not source.endswith(".py"):
        return []
    path = Path(source).resolve()
    return sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]


def _detail(old: Any, new: Any) -> str:
    """Names and values of what differs, where they tell a reader more than that something does."""
    if not (isinstance(old, Mapping) or isinstance(new, Mapping)):
        return ""
    old, new = old or {}, new or {}
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return f" ({', '.join(name + _values(old.get(name), new.get(name)) for name in names[:3])}" + (
        f" and {len(names) - 3} more)" if len(names) > 3 else ")")


def _values(old: Any, new: Any) -> str:
    if any(_is_hash(value) for value in (old, new)):
        return ""
    old, new = (("not set" if value is None else str(value)[:SHOWN]) for value in (old, new))
    return f" was {old}, is {new}"


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) in (16, 64) and set(value) <= set("0123456789abcdef")
