"""Results that are there already: whether they may stand for what would be computed now.

They may if their fingerprint is the same as today's, if every file and every score is there, and if all can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...common.configuration.parsing import config_values
from ...common.disk.file_identity import content_sha256
from ...common.disk.reading import read_text
from ...common.errors import UserError
from ...common.fingerprint import KEY, Fingerprint, differences
from ...common.results import aggregate, read_json
from ...metrics.estimators.fast_paths import replaced_implementations

Results = dict[str, Any]
CONTENTS = "contents"  # the result key under which scores and artifacts are listed
PICTURE_SUFFIX = ".png"  # drawn from the artifacts, by --figures


def contents_of(folder: Path, results: Iterable[str]) -> dict[str, Any]:
    """What a complete result consists of: a hash of its keys, and its artifacts with their content hashes.

    results: the keys; those of the contents and the uuid are left out, which are added afterwards."""
    return {"keys_sha256": _keys_sha256(results),
            "artifacts": {name: content_sha256(folder / name) for name in _artifacts(folder)}}


def reusable_results(folder: Path, step: str, fingerprint: Fingerprint, any_version: bool = False,
                     say: Callable[[str], Any] = lambda reason: None) -> Results | None:
    """The results of a folder, or None where they have to be computed.

    any_version: results of other versions of unbraid and of libraries are good enough.
    say: told in one phrase why results that exist are not reused."""
    if not folder.is_dir():
        return None
    try:
        results = _complete_results(folder, step)
    except (UserError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        say(f"result incomplete ({_phrase(error)})")
        return None
    changes = differences(results.get(KEY, {}), fingerprint, any_version)
    if not changes and not any_version:
        replaced = replaced_implementations(results["implementation"])
        changes = [f"implementation changed ({name} was {was}, is {now})" for name, (was, now) in replaced.items()]
    if changes:
        say("; ".join(changes))
        return None
    return results


def _complete_results(folder: Path, step: str) -> Results:
    """The results.  Raises an error that names the first thing that is missing, unreadable or contradictory."""
    json_folder = folder / "results" / "json"
    results = read_json(json_folder / f"{step}_results.json")
    config = config_values(read_text(folder / "results" / "gin" / f"{step}.gin"))
    if not config or config != read_json(json_folder / f"{step}_config.json"):
        raise UserError(f"{step}.gin and {step}_config.json differ")
    if aggregate(json_folder) != read_json(folder / "results" / "aggregate" / f"{step}.json"):
        raise UserError(f"aggregate/{step}.json differs from the files it is made of")
    if CONTENTS not in results:
        return results  # of an unbraid without fingerprints
    contents = results[CONTENTS]
    if _keys_sha256(results) != contents["keys_sha256"]:
        raise UserError("a score is missing")
    for name, digest in contents["artifacts"].items():
        if content_sha256(folder / name) != digest:
            raise UserError(f"{name} was changed")
    return results


def _keys_sha256(keys: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted({*keys} - {CONTENTS, "uuid"})).encode()).hexdigest()


def _artifacts(folder: Path) -> list[str]:
    files = sorted(path for path in (folder / "artifacts").rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files if path.suffix != PICTURE_SUFFIX]


def _phrase(error: Exception) -> str:
    """A missing file by its name, anything else in the error's own words."""
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"{Path(error.filename).name} is missing"
    text = str(error).rstrip(".")
    return f"{Path(text.split(' cannot be read')[0]).name} cannot be read" if " cannot be read" in text else text
