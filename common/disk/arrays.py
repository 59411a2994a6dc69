"""Small arrays from .npz files of others: each of a stated kind, number of axes and size, looked at before it is read.

Nothing is unpickled, and memory is taken only for what was declared and is really there."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from .reading import UnreadableError, read_bytes

MOST_BYTES = 1 << 28
HEADER_BYTES = 10_000  # numpy's own limit
NUMBERS, TEXTS = "biuf", "U"
WORDS = {NUMBERS: "numbers", TEXTS: "texts"}


@dataclass(frozen=True)
class Wanted:
    """An array of numbers or texts.  num_axes: how many axes it may have.  is_optional: it may be absent."""

    kinds: str = NUMBERS
    num_axes: tuple[int, ...] = (2,)
    is_optional: bool = False

    def __str__(self) -> str:
        return f"an array of {WORDS[self.kinds]} with {' or '.join(map(str, self.num_axes))} axes"


def read_npz(path: Path, wanted: Callable[[str], Wanted | None], required: tuple[str, ...] = (),
             most_bytes: int = MOST_BYTES) -> dict[str, np.ndarray]:
    """The arrays of a .npz file by name.

    wanted: what an array of a name has to be; None for names that are left alone.  most_bytes: of all arrays together,
    decompressed.  Raises UnreadableError, naming file and array, for anything else."""
    content = read_bytes(path, "an .npz file", most_bytes)
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if (expected := wanted(name)) and member.filename.endswith(".npy"):
                    where = f"{name!r} in {path}"
                    data = _decompressed(archive, member, most_bytes, where)
                    most_bytes -= len(data)
                    arrays[name] = array_of(data, expected, where)
    except UnreadableError:
        raise
    except Exception as error:  # zlib, zipfile and Python's decoders each have errors of their own
        raise UnreadableError(f"{path} is not a whole .npz file ({type(error).__name__}: {error}).") from error
    if missing := [name for name in required if name not in arrays]:
        held = ", ".join(sorted(arrays)) or "nothing"
        raise UnreadableError(f"{path} has no array {missing[0]!r}; of what was expected it holds: {held}.")
    return arrays


def array_of(data: bytes, expected: Wanted, where: str) -> np.ndarray:
    """The array of an .npy file's bytes.  Raises UnreadableError for anything but what was expected."""
    stream = io.BytesIO(data)
    shape, is_fortran, dtype = read_header(stream, where)
    if dtype.kind not in expected.kinds or len(shape) not in expected.num_axes:
        raise UnreadableError(f"{where} is an array of type {dtype} and shape {shape}; expected {expected}.")
    size = dtype.itemsize
    for length in shape:  # Python's integers do not overflow
        size *= length
    if size != len(data) - stream.tell():
        raise UnreadableError(f"{where} says it has shape {shape}, which is {size:,} bytes; there are "
                              f"{len(data) - stream.tell():,}.")
    array = np.frombuffer(data, dtype, offset=stream.tell())
    return array.reshape(shape, order="F" if is_fortran else "C")


def read_header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and type of an .npy file, whose data the stream then stands before.

    Raises UnreadableError for a damaged header and negative sizes."""
    try:
        major, _ = np.lib.format.read_magic(stream)
        length = int.from_bytes(stream.read(2 if major == 1 else 4), "little")
        if length > HEADER_BYTES:
            raise ValueError(f"a header of {length:,} bytes")
        header = ast.literal_eval(stream.read(length).decode("latin-1" if major < 3 else "utf-8"))
        shape, dtype = header["shape"], np.dtype(np.lib.format.descr_to_dtype(header["descr"]))
        if type(shape) is not tuple or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"shape {shape!r}")
    except Exception as error:  # a parser of any text: nested too deeply, no dictionary, no type
        raise UnreadableError(f"{where} is not a numpy array: {type(error).__name__}: {error}.") from error
    return shape, bool(header.get("fortran_order")), dtype


def _decompressed(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int, where: str) -> bytes:
    """The bytes of a member, whose size the archive may lie about."""
    if member.flag_bits & 1:
        raise UnreadableError(f"{where} is encrypted; save it again without a password.")
    if member.file_size > most_bytes:
        raise UnreadableError(f"{where} has {member.file_size:,} bytes decompressed; expected at most {most_bytes:,}.")
    with archive.open(member) as stream:
        return stream.read(member.file_size + 1)
