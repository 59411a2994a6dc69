"""Limits on what is read of a file before anything of it is believed."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

from ..errors import ArtifactError, UnsafeArtifactError

# torch and numpy.savez store tensors as they are; an archive that unpacks to much more than its size is a bomb.
LARGEST_RATIO = 20
# Operators of torch that read or write files, as TorchScript's source and torch.export's JSON name them.
FILE_OPERATIONS = re.compile(rb"(?:torch|ops\.\w+|aten|prims?)(?:\.|::)(from_file|save|load|tofile)\b")
SMALL = 64 * 2**20  # bytes; below, any ratio is harmless


def check_is_file(path: Path) -> None:
    """Raises ArtifactError for a pipe, a device or a socket, which may never end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ArtifactError(f"{path} is a pipe, a device or a socket; expected a model's file, or a folder that "
                            "holds one.")


def advice_on_arrays(path: Path) -> str:
    """What to do with a file of arrays that was given as a model; nothing for any other file."""
    if path.suffix not in (".npy", ".npz", ".csv", ".parquet"):
        return ""
    return f" Codes are scored without a model: unbraid-evaluate --codes {path} (docs/arrays.md)."


def check_archive(path: Path) -> None:
    """Raises ArtifactError for a zip archive that is damaged, or that unpacks to far more than its size."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path} is truncated or damaged ({error}). Copy or export it again.") from error
    size = path.stat().st_size
    if unpacked > max(SMALL, LARGEST_RATIO * size):
        raise ArtifactError(f"{path} has {size:,} bytes and would unpack to {unpacked:,}; models are stored nearly as "
                            f"large as they are. It is refused; ask its author for another file.")


def refuse_file_operations(path: Path, archive: zipfile.ZipFile) -> None:
    """Raises UnsafeArtifactError for a TorchScript or torch.export program that touches files."""
    for member in archive.infolist():
        if member.filename.endswith((".py", ".json")) and (found := FILE_OPERATIONS.search(archive.read(member))):
            raise UnsafeArtifactError(f"{path} uses the operator {found[1].decode()}, which reads or writes files. It "
                                      "is refused before it runs; no flag allows it.")
