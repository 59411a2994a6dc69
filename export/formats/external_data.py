"""ONNX files with weights in other files: only files of their own folder are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ArtifactError, UnsafeArtifactError


def check_external_data(path: Path) -> None:
    """Raises UnsafeArtifactError when the graph names a file outside its folder, ArtifactError when one is missing."""
    for location in _locations(path):
        _file(path, location)


def external_files(path: Path) -> list[Path]:
    """The files beside a graph that hold its weights; empty where they are inside, or for another kind of file."""
    return [_file(path, location) for location in _locations(path)]


def load_with_weights(path: Path) -> Any:
    """The graph with the weights of other files inside.  Raises as `check_external_data`."""
    import onnx
    from onnx.external_data_helper import _get_all_tensors

    model = onnx.load(str(path), load_external_data=False)
    for tensor in _get_all_tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            where = {entry.key: entry.value for entry in tensor.external_data}
            with _file(path, where["location"]).open("rb") as file:
                file.seek(int(where.get("offset", 0)))
                tensor.raw_data = file.read(int(where.get("length", -1)))
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.ClearField("external_data")
    return model


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


def _file(path: Path, location: str) -> Path:
    """The file that a graph names: beside it or, where the graph is a symbolic link, in its target's folder too.

    A cache of Hugging Face keeps links to files of other names, side by side in a folder of their own."""
    folders = path.absolute().parent.resolve(), path.resolve().parent
    is_elsewhere = Path(location).is_absolute() or ".." in Path(location).parts
    for candidate in () if is_elsewhere else [folder / location for folder in folders]:
        if candidate.is_file():
            if any(candidate.resolve().is_relative_to(folder) for folder in folders):
                return candidate
            is_elsewhere = True
    if is_elsewhere:
        raise UnsafeArtifactError(f"{path} wants to read {location!r}, which is outside its own folder. It is refused; "
                                  "ask its author for one file with the weights inside.")
    raise ArtifactError(f"{path} keeps its weights in {location!r}, which is not in {folders[0]}. Copy it there.")
