"""What a pickle would import, found by reading its opcodes; and reading one that imports nothing."""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ArtifactError, UnsafeArtifactError

ZIP_BYTES = b"PK\x03\x04"
PICKLE_BYTES = b"\x80"
# Tensors in plain containers, as torch.save writes them.
PLAIN = ("collections.OrderedDict", "torch._utils._rebuild_tensor", "torch._utils._rebuild_parameter",
         "torch.serialization._get_layout", "torch.device", "torch.Size")


def foreign_globals(data: bytes) -> list[str]:
    """Names that unpickling `data` would import beside those of tensors in plain containers.

    Damaged pickles yield what was found before the damage, and the name "?"."""
    names: list[str] = []
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in ("GLOBAL", "INST"):
                names.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.append(".".join(strings[-2:]) if len(strings) > 1 else "?")
            elif isinstance(argument, str):
                strings.append(argument)
    except ValueError:
        names.append("?")
    return [name for name in names if not name.startswith(PLAIN) and not _is_torch_type(name)]


def foreign_globals_in_zip(data: bytes, depth: int = 2) -> list[str]:
    """`foreign_globals` of every pickle in a zip archive, and in the zip archives it holds."""
    names = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            content = archive.read(member)
            if content.startswith(ZIP_BYTES) and depth:
                names += foreign_globals_in_zip(content, depth - 1)
            elif content.startswith(PICKLE_BYTES) and member.filename.endswith((".pkl", ".pt", ".pickle", ".bin")):
                names += foreign_globals(content)
    return names


def _is_torch_type(name: str) -> bool:
    """Storage classes and dtypes, such as torch.FloatStorage and torch.float32."""
    parts = name.split(".")
    return parts[0] == "torch" and len(parts) == 2 and (
        parts[1].endswith("Storage") or parts[1].startswith(("float", "int", "uint", "bfloat", "bool", "complex")))


def foreign_globals_of_checkpoint(path: Path) -> tuple[list[str], set[str]]:
    """`foreign_globals` of a file of torch.save, in its zip or its legacy format, and all strings in its pickles."""
    names: list[str] = []
    strings: set[str] = set()
    for data in _checkpoint_pickles(path):
        names += foreign_globals(data)
        strings |= set(_strings(data))
    return names, strings


def read_plain_pickle(path: Path, max_bytes: int = 65536) -> Any:
    """Numbers, strings and containers of them, from a pickle that may name nothing else.

    Raises UnsafeArtifactError when it names a class or function, ArtifactError when it is too large or damaged."""
    data = path.read_bytes()
    if len(data) > max_bytes:
        raise ArtifactError(f"{path} has {len(data):,} bytes; expected a few numbers, at most {max_bytes:,} bytes.")
    try:
        return _PlainUnpickler(io.BytesIO(data), path).load()
    except UnsafeArtifactError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        raise ArtifactError(f"{path} is a damaged pickle: {error}.") from error


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, path: Path):
        super().__init__(file)
        self._path = path

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise UnsafeArtifactError(f"{self._path} names {module_name}.{global_name}; expected plain numbers, strings, "
                                  "lists and dicts. It is not read: a pickle that names more can run code, and no flag "
                                  "allows it. Remove it where the weights alone say enough.")


def _checkpoint_pickles(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        is_zip = file.read(4) == ZIP_BYTES
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith((".pkl", ".pickle")):
                    yield archive.read(member)
        return
    # Legacy: magic number, protocol version, system information, the object, the storages' keys; then raw numbers.
    file_of_pickles = io.BytesIO(path.read_bytes())
    for _ in range(5):
        start = file_of_pickles.tell()
        try:
            for _ in pickletools.genops(file_of_pickles):
                pass
        except ValueError:
            file_of_pickles.seek(0, io.SEEK_END)
        yield file_of_pickles.getvalue()[start : file_of_pickles.tell()]


def _strings(data: bytes) -> Iterator[str]:
    try:
        yield from (argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str))
    except ValueError:
        return
