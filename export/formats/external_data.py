"""ONNX files with weights in other files: only files of their own folder are read."""

from __future__ import annotations

from pathlib import Path

from ..errors import ArtifactError, UnsafeArtifactError


def check_external_data(path: Path) -> None:
    """Raises UnsafeArtifactError when the graph names a file outside its folder, ArtifactError when one is missing."""
    folder = path.resolve().parent
    for location in _locations(path):
        _check_location(path, folder, location)


def external_files(path: Path) -> list[Path]:
    """The files beside a graph that hold its weights; empty where they are inside, or for another kind of file."""
    return [path.resolve().parent / location for location in _locations(path)]


def _locations(path: Path) -> list[str]:
    """Names of the files with weights, as the graph gives them, sorted."""
    if not path.is_file() or b"location" not in path.read_bytes():  # the key under which ONNX names such a file
        return []
    import onnx
    from onnx.external_data_helper import _get_all_tensors

    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception:
        return []  # not ONNX; the runtime says so
    return sorted({entry.value for tensor in _get_all_tensors(model) for entry in tensor.external_data
                   if entry.key == "location"})


def _check_location(path: Path, folder: Path, location: str) -> None:
    if not (folder / location).resolve().is_relative_to(folder):
        raise UnsafeArtifactError(f"{path} wants to read {location!r}, which is outside its own folder. It is refused; "
                                  "ask its author for one file with the weights inside.")
    if not (folder / location).is_file():
        raise ArtifactError(f"{path} keeps its weights in {location!r}, which is not in {folder}. Copy it there.")
