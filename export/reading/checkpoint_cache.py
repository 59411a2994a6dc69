"""A checkpoint made scorable: exported once, beside the results, by a process of its own.

Scoring loads no training code; rebuilding a network does, so it happens elsewhere."""

from __future__ import annotations

import json
import logging
import zipfile
from pathlib import Path

from ...common.children import last_sentence, run_child
from ..errors import ArtifactError
from ..files.locating import Located, locate, sha256_of
from ..foreign.understanding import Statistics, described
from ..formats import TENSOR_NAMES
from .artifact import find_artifact

TORCHSCRIPT_FILE = "pytorch_model.pt"

logger = logging.getLogger(__name__)


def exported_checkpoint(path: Path, output_dir: Path, data_set: str | None = None,
                        allow_pickled_code: bool = False, statistics: Statistics | None = None) -> Path:
    """The artifact to score: `path` itself where it is one, else OUTPUT_DIR.representation, made unless it is there.

    statistics: for a checkpoint whose network takes (x - mean) / std.
    Raises ArtifactError with the sentence of unbraid-export when that fails."""
    located = _checkpoint(path)
    if located is None:
        return path
    checkpoint = located.path
    folder = output_dir.with_name(f"{output_dir.name}.representation")
    source = _source(folder)
    is_as_said = statistics is None or source.get("input") == described(statistics)
    if is_as_said and source.get("sha256") == sha256_of(located):
        logger.info("%s holds %s already.", folder, checkpoint)
        return folder
    command = ["--from", str(checkpoint), "--output_dir", str(folder), "--overwrite"]
    command += ["--data_set", data_set] if data_set else []
    command += ["--allow_pickled_code"] if allow_pickled_code else []
    if statistics is not None:
        command += ["--input_statistics", *(",".join(map(str, numbers)) for numbers in statistics)]
    finished = run_child("unbraid.export", command, capture=True)
    if finished.returncode:
        raise ArtifactError(last_sentence(finished.stderr, "unbraid-export") or
                            f"unbraid-export --from {checkpoint} ended with status {finished.returncode}: "
                            f"{finished.stderr.strip().splitlines()[-1:]}")
    return folder


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


def _source(folder: Path) -> dict[str, str]:
    """Where the export in a folder came from; empty where there is none."""
    try:
        with zipfile.ZipFile(folder / TORCHSCRIPT_FILE) as archive:
            (member,) = (name for name in archive.namelist() if name.endswith("extra/unbraid.json"))
            return json.loads(archive.read(member))["source"] or {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}
