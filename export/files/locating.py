"""Which file of a path holds the model, and of what kind it is; found by looking, nothing is executed.

Folders are recognised by what lies in them, files by their first bytes and the names inside a zip archive."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...common.disk.file_identity import content_sha256, contents_sha256
from ..errors import ArtifactError, NoModelError
from ..formats.external_data import external_files
from .bounded import advice_on_arrays, check_archive, check_is_file
from .pickles import PICKLE_BYTES, ZIP_BYTES

ARTIFACTS = ("torchscript", "onnx", "export")
# The magic number of torch.save before torch 1.6, pickled with protocol 2.
LEGACY_BYTES = bytes.fromhex("80028a0a6cfc9c46f9206aa85019")
MOST_FOLDERS = 2000
DEPTH = 4  # how many folders down a model is looked for
# In the order in which they are believed: an export before the checkpoint it was made from.
NAMES = ("saved_model.pb", "pytorch_model.pt", "representation.onnx", "representation.pt2", "python_model.dill",
         "checkpoint.pt", "model_state_dict.pt", "model.pt", "last", "last.ckpt",
         "model.safetensors", "pytorch_model.bin")
SUFFIXES = (".ckpt", ".pt", ".pth", ".safetensors", ".onnx", ".pt2")


@dataclass(frozen=True)
class Located:
    """A model's file, and its kind: "torchscript", "onnx", "export", "weights", "pickle" or "saved_model"."""

    path: Path
    kind: str


def locate(path: Path) -> Located:
    """Raises ArtifactError when there is no model, or several and nothing says which."""
    require_existing(path)
    if path.is_file():
        return Located(path, kind_of_file(path))
    hits = _of_one_run(path, _latest(list(_hits(path, DEPTH, [MOST_FOLDERS]))))
    if len(hits) == 1:
        return Located(hits[0], kind_of_file(hits[0]))
    if hits:
        shown = ", ".join(str(hit.relative_to(path)) for hit in hits[:5])
        raise ArtifactError(f"{path} holds {len(hits)} models ({shown}{', ...' if len(hits) > 5 else ''}); "
                            "give the path of one of them.")
    raise NoModelError(f"{path} holds no model: expected one of {', '.join(NAMES)}, or a single file "
                        f"*{', *'.join(SUFFIXES)}, there or in a folder below. docs/checkpoints.md lists what is read.")


def require_existing(path: Path) -> None:
    """Raises ArtifactError where there is neither a file nor a folder."""
    if not path.exists():
        raise NoModelError(f"There is no {path}. Give a model's file, or a folder that holds one.")
    check_is_file(path)


def sha256_of(located: Located) -> str:
    """Hash of the files that hold a model: that of the file itself, or of all where weights lie in files beside it."""
    files = _weight_files(located)
    return content_sha256(files[0]) if len(files) == 1 else contents_sha256(files)


def _weight_files(located: Located) -> list[Path]:
    if located.kind == "saved_model":
        return sorted((located.path.parent / "variables").glob("variables.data-*")) or [located.path]
    return [located.path, *(external_files(located.path) if located.kind == "onnx" else [])]


def kind_of_file(path: Path) -> str:
    """Raises ArtifactError for a file that is none of the kinds."""
    if path.name == "saved_model.pb":
        return "saved_model"
    with path.open("rb") as file:
        start = file.read(262)
    if path.suffix == ".onnx":
        return "onnx"
    if path.suffix == ".safetensors":
        return "weights"
    if start.startswith(ZIP_BYTES):
        return _kind_of_zip(path)
    if start.startswith(LEGACY_BYTES):
        return "weights"
    if start.startswith(PICKLE_BYTES):
        return "pickle"
    if start[257:262] == b"ustar":
        raise ArtifactError(f"{path} is a checkpoint of torch 0.1, which nothing reads any more. Load it with the "
                            "torch that wrote it and save its state_dict again.")
    raise ArtifactError(f"{path} is no model: expected TorchScript, ONNX, torch.export or a checkpoint of torch.save, "
                        f"found bytes {start[:8].hex(' ') or '(none)'}."
                        + (advice_on_arrays(path) or " Is it downloaded in full?"))


def _kind_of_zip(path: Path) -> str:
    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
    if path.suffix == ".pt2" or any(member.endswith("archive_format") for member in members):  # has a model.json, too
        return "export"
    if any("/code/" in member or member.endswith("/model.json") for member in members):
        return "torchscript"
    if any(member.endswith("data.pkl") for member in members):
        return "weights"
    raise ArtifactError(f"{path} is a zip archive, but no model: it holds {', '.join(members[:3]) or 'nothing'}."
                        + advice_on_arrays(path))


def _hits(folder: Path, depth: int, left: list[int]) -> Iterator[Path]:
    """Models of a folder: its own, else those of the folders below.

    left: how many more folders are looked at, so that the system's root, say, is given up."""
    left[0] -= 1
    if left[0] < 0:
        raise ArtifactError(f"{folder} and the folders beside it are too many to look for a model in: more than "
                            f"{MOST_FOLDERS}. Give the path of the model.")
    try:
        own, children = _own_models(folder), sorted(folder.iterdir()) if depth else []
    except PermissionError:
        return
    yield from own
    for child in () if own else children:
        if child.is_dir() and not child.is_symlink() and not child.name.startswith("."):
            yield from _hits(child, depth - 1, left)


def _own_models(folder: Path) -> list[Path]:
    """The file that goes by a known name, else all files that could be models."""
    for name in NAMES:
        for candidate in (folder / name, *([folder / "tfhub" / name] if name == "saved_model.pb" else [])):
            if candidate.is_file():
                return [candidate]
    return [file for suffix in SUFFIXES for file in sorted(folder.glob(f"*{suffix}")) if file.is_file()]


def _of_one_run(path: Path, hits: list[Path]) -> list[Path]:
    """The one model that stands for a run.

    In a run of ours, with model/, representation/ and perhaps representation_sampled/, this is representation/;
    SCORES.representation/, which scoring a checkpoint leaves, is none.
    In a run of disentanglement_lib, with model/ and postprocessed/mean/ and the like, it is the model."""
    hits = [hit for hit in hits if not hit.relative_to(path).parts[0].endswith(".representation")] or hits
    folders = [hit.relative_to(path).parts[0] for hit in hits]
    if "representation" in folders and all(re.fullmatch(r"model|representation(_\w+)?", name) for name in folders):
        return [hit for hit, name in zip(hits, folders, strict=True) if name == "representation"]
    models = [hit for hit in hits if hit.parent.name == "tfhub" and hit.parent.parent.name == "model"]
    if len(models) == 1 and all(hit in models or models[0].parents[2] / "postprocessed" in hit.parents for hit in hits):
        return models
    return hits


def _latest(hits: list[Path]) -> list[Path]:
    """Of siblings such as cache_batch_no100 and cache_batch_no200, or checkpoint-1 and checkpoint-2, the last one."""
    numbers = [re.fullmatch(r"(cache_batch_no|checkpoint-)(\d+)", hit.parent.name) for hit in hits]
    if len(hits) < 2 or not all(numbers) or len({hit.parent.parent for hit in hits}) > 1:
        return hits
    return [max(hits, key=lambda hit: int(re.sub(r"\D", "", hit.parent.name)))]
