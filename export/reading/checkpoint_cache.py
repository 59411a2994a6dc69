"""A checkpoint made scorable: exported once, beside the results, by a process of its own.

Scoring loads no training code; rebuilding a network does, so it happens elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...common.commands.children import last_sentence, run_child
from ...common.fingerprint import ANY_VERSION
from ..errors import ArtifactError
from ..files.locating import Located, locate
from ..foreign.graph_description import Statistics
from ..formats import TENSOR_NAMES
from .artifact import find_artifact


def exported_checkpoint(path: Path, output_dir: Path, data_set: str | None = None,
                        allow_pickled_code: bool = False, statistics: Statistics | None = None,
                        any_version: bool = False, flags: Sequence[str] = ()) -> Path:
    """The artifact to score: `path` itself where it is one, else OUTPUT_DIR.representation.

    An export that is there is kept if it is of this very checkpoint, made with the same options and versions.
    statistics: for a checkpoint whose network takes (x - mean) / std.  any_version: versions may differ.
    flags: more of unbraid-export's.
    Raises ArtifactError with the sentence of unbraid-export when that fails."""
    located = _checkpoint(path)
    if located is None:
        return path
    checkpoint = located.path
    folder = output_dir.with_name(f"{output_dir.name}.representation")
    command = ["--from", str(checkpoint), "--output_dir", str(folder), "--resume"]
    command += [ANY_VERSION] if any_version else []
    command += [*(["--data_set", data_set] if data_set else []), *flags]
    command += ["--allow_pickled_code"] if allow_pickled_code else []
    if statistics is not None:
        command += ["--input_statistics", *(",".join(map(str, numbers)) for numbers in statistics)]
    finished = run_child("unbraid.export", command, capture=True)
    if finished.returncode:
        raise ArtifactError(last_sentence(finished.stderr, "unbraid-export") or
                            f"unbraid-export --from {checkpoint} ended with status {finished.returncode}: "
                            f"{finished.stderr.strip().splitlines()[-1:]}")
    for line in finished.stdout.splitlines():
        if ": recomputed: " in line:
            print(line)
    return folder


def gin_flags(bindings: Sequence[str]) -> list[str]:
    """What tells unbraid-export these bindings, for `flags`."""
    return ["--gin_bindings", *bindings] if bindings else []


def _checkpoint(path: Path) -> Located | None:
    """What holds the weights; None where `path` holds a finished graph, or a file that load_representation refuses.

    Raises ArtifactError for a folder with no model, or with several and none of them exported."""
    try:
        located = locate(path)
    except ArtifactError:
        if path.is_dir() and not _holds_artifact(path):
            raise
        return None
    return located if located.kind in ("weights", "saved_model") else None


def _holds_artifact(folder: Path) -> bool:
    """Whether there is an exported graph of any kind: a decoder alone is enough for some pictures."""
    for kind in TENSOR_NAMES:
        try:
            find_artifact(folder, kind=kind)
        except ArtifactError:
            continue
        return True
    return False
