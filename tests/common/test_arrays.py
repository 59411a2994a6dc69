"""Arrays from outside: of a stated kind, number of axes and size; headers that lie, bombs, encrypted members."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unbraid.common.disk.arrays import NUMBERS, TEXTS, Wanted, read_npz
from unbraid.common.disk.reading import UnreadableError

WANTED = {"matrix": Wanted(), "names": Wanted(TEXTS, (1,))}


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_header(text: str) -> bytes:
    header = text.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def encrypted(path: Path) -> Path:
    content = bytearray(npz(path, matrix=npy(np.eye(2))).read_bytes())
    for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[start] |= 1
    path.write_bytes(bytes(content))
    return path


def matrix(content: bytes) -> Callable[[Path], Path]:
    return lambda path: npz(path, matrix=content)


@pytest.mark.parametrize(("make", "message"), [
    (matrix(npy(np.zeros(3))), r"shape \(3,\); expected an array of numbers with 2 axes"),
    (matrix(npy(np.zeros((1, 1, 1)))), "expected an array of numbers with 2 axes"),
    (matrix(npy(np.array([["a"]]))), "type <U1.*expected an array of numbers"),
    (matrix(npy(np.array([[None]], dtype=object))), "type object.*expected an array of numbers"),
    (matrix(with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000, 10000000000)}")),
     r"says it has shape .*which is 800,000,000,000,000,000,000 bytes; there are 16"),
    (matrix(with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2)}")), "not a numpy array"),
    (matrix(with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2)}")), "not a numpy array"),
    (matrix(with_header("(" * 3000)), "not a numpy array"),
    (matrix(with_header("__import__('os').system('true')")), "not a numpy array"),
    (matrix(b"nothing"), "not a numpy array"),
    (matrix(b""), "not a numpy array"),
    (matrix(npy(np.zeros((2, 2)))[:-8]), "there are 24"),
    (matrix(npy(np.zeros((1 << 12, 1 << 10)))), "bytes decompressed; expected at most"),
    (lambda path: npz(path, other=npy(np.eye(2))), "has no array 'matrix'; of what was expected it holds: nothing"),
    (encrypted, "'matrix' in .* is encrypted"),
    (lambda path: path.write_bytes(b"PK\x03\x04") and path, r"not a whole \.npz file"),
    (lambda path: path.mkdir() or path, "is a folder"),
    (lambda path: path, "cannot be read"),
])
def test_what_is_no_such_array_is_named(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        read_npz(make(tmp_path / "a.npz"), WANTED.get, ("matrix",), most_bytes=1 << 20)
    assert "a.npz" in str(caught.value)


def test_arrays_that_are_as_wanted_are_read_and_others_left_alone(tmp_path: Path) -> None:
    values = {"matrix": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "names": np.array(["a", "ä"])}
    np.savez(tmp_path / "a.npz", other=np.array([{}], dtype=object), **values)
    arrays = read_npz(tmp_path / "a.npz", WANTED.get, ("matrix",))
    assert arrays.keys() == values.keys()
    assert all((arrays[name] == value).all() for name, value in values.items())
    assert Wanted(NUMBERS, (1, 2)).kinds == NUMBERS


def test_all_arrays_together_are_bounded(tmp_path: Path) -> None:
    half = np.zeros((1 << 8, 1 << 8))  # 512 kB
    np.savez_compressed(tmp_path / "a.npz", **{f"m{i}": half for i in range(3)})
    with pytest.raises(UnreadableError, match="bytes decompressed; expected at most"):
        read_npz(tmp_path / "a.npz", lambda name: Wanted(), most_bytes=1 << 20)
