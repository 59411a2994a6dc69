"""The fingerprint of an export, kept beside it: whether a folder holds what the same command would write again."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...common.configuration.parsing import config_sources
from ...common.disk.file_identity import content_sha256
from ...common.disk.files import write_json
from ...common.errors import UserError
from ...common.fingerprint import KEY, VERSION, Fingerprint, code_sha256, differences, library_versions
from ...common.results import read_json
from .locating import Located, locate, sha256_of

FILE_NAME = "export.json"
CHECKPOINT_NAME = "checkpoint.pt"  # of unbraid-train, in its model directory
EXPORT_CODE = ("common", "export", "training/architectures")
# Arguments that say where files are and what to do with them. All others are options that change what is written, so a
# new flag of the command is part of the fingerprint without being listed anywhere.
NOT_OPTIONS = frozenset(("model_dir", "checkpoint", "inspect", "output_dir", "overwrite", "resume", "verbose",
                         "gin_config", "gin_bindings", "allow_pickled_code"))


def export_fingerprint(arguments: argparse.Namespace) -> Fingerprint:
    """Everything that decides what unbraid-export writes for these arguments; empty where the model is not there."""
    try:
        weights = "none" if arguments.baseline else sha256_of(_model(arguments))
    except (UserError, OSError):
        return {}  # the export itself says what is wrong
    return {
        "checkpoint": weights,
        "option": {f"--{name}": str(value) for name, value in sorted(vars(arguments).items())
                   if name not in NOT_OPTIONS and value not in (None, False)},
        "setting": {**({"bindings": "; ".join(arguments.gin_bindings)} if arguments.gin_bindings else {}),
                    **{path.name: content_sha256(path) for path in config_sources(arguments.gin_config)}},
        "user code": _module_source(getattr(arguments, "module", None)),
        VERSION: {"unbraid": code_sha256(*EXPORT_CODE), **library_versions("torch", "onnx", "onnxscript", "numpy")},
    }


def record_export(folder: Path, fingerprint: Fingerprint, data_files: Iterable[Path]) -> None:
    """Writes `export.json`: the fingerprint, the data files that were read, and the files that make up the export."""
    files = {path.relative_to(folder).as_posix(): content_sha256(path) for path in _files(folder)}
    data = {str(path): content_sha256(path) for path in sorted(set(data_files)) if path.is_file()}
    write_json(folder / FILE_NAME, {KEY: fingerprint, "data_files": data, "files": files})


def is_reusable_export(folder: Path, fingerprint: Fingerprint, any_version: bool,
                       say: Callable[[str], Any]) -> bool:
    """Whether a folder holds the export that has this fingerprint, complete and unchanged.

    say: told in one phrase why an export that is there is not reused."""
    try:
        recorded = read_json(folder / FILE_NAME)
        changed = [name for name, digest in recorded["files"].items() if _digest(folder / name) != digest]
        data = [Path(path).name for path, digest in recorded["data_files"].items() if _digest(Path(path)) != digest]
        reasons = differences(recorded[KEY], fingerprint, any_version)
    except (UserError, LookupError, TypeError, AttributeError):
        say(f"export incomplete ({FILE_NAME} is missing or cannot be read)")
        return False
    reasons += [f"data file changed ({name})" for name in data]
    reasons += [f"export incomplete ({name} is missing or was changed)" for name in changed]
    if reasons:
        say("; ".join(reasons))
    return bool(fingerprint) and not reasons


def _model(arguments: argparse.Namespace) -> Located:
    """The file with the weights.  Raises ArtifactError where there is none."""
    if arguments.checkpoint is None:
        return Located(Path(arguments.model_dir) / CHECKPOINT_NAME, "weights")
    return locate(Path(arguments.checkpoint))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != FILE_NAME)


def _digest(path: Path) -> str:
    return content_sha256(path) if path.is_file() else ""


def _module_source(module: str | None) -> dict[str, str]:
    """The hash of the file that holds `package.module:Class`; found without running it."""
    if module is None:
        return {}
    name = module.partition(":")[0]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    source = Path(*name.split(".")).with_suffix(".py")  # --module also looks in the current folder
    if not source.is_file() and spec is not None and spec.origin:
        source = Path(spec.origin)
    return {name: content_sha256(source)} if source.is_file() else {}
