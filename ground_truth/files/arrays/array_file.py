"""Rows of an array that lies uncompressed in a file, read when they are asked for."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import DataError
from ....common.system.files import read_at

MAX_READ = 1 << 30  # one system call moves at most 2 GiB


class ArrayFile:
    """An array on disk, indexed along its first axis by a slice or an array of positions.

    Read by offset instead of mapped: memory stays at what was asked for, however much of the file was visited, and a
    file that is cut short while in use is an error instead of a crash."""

    def __init__(self, path: str | os.PathLike[str], offset: int, shape: tuple[int, ...], dtype: np.dtype):
        """offset: bytes before the first element, C order.  Raises DataError when the file is too short."""
        self.path, self.offset, self.shape, self.dtype = Path(path), offset, tuple(shape), np.dtype(dtype)
        expected = offset + math.prod(self.shape) * self.dtype.itemsize
        if (found := self.path.stat().st_size) < expected:
            raise DataError(f"{path} is truncated: it has {found} bytes, and an array of shape {self.shape} in it ends "
                            f"at byte {expected}. Fetch it again.")
        self._file: Any = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Returns the rows (n, ...) of a slice, of a mask (len,) of bools, or of n positions in [0, len)."""
        positions = self._positions(rows)
        array = np.empty((len(positions), *self.shape[1:]), dtype=self.dtype)
        if array.size == 0:
            return array
        if positions.min() < 0 or positions.max() >= len(self):
            raise IndexError(f"{self.path} has the rows 0 to {len(self) - 1}; asked for {positions.min()} to "
                             f"{positions.max()}.")
        self._read(positions, array.reshape(-1).view(np.uint8).data)
        return array

    def _positions(self, rows: slice | np.ndarray) -> np.ndarray:
        if isinstance(rows, slice):
            return np.arange(len(self))[rows]
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_ and chosen.shape == (len(self),):
            return np.flatnonzero(chosen)
        if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
            raise IndexError(f"Rows of {self.path} are chosen by an array of shape {chosen.shape} and type "
                             f"{chosen.dtype}; expected whole numbers (n,), or bools ({len(self)},).")
        return chosen.astype(np.int64)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_file": None}

    def _read(self, positions: np.ndarray, buffer: memoryview) -> None:
        if self._file is None:
            self._file = self.path.open("rb", buffering=0)
        row_bytes = len(buffer) // len(positions)
        # Neighbouring rows are read in one go.
        starts = np.flatnonzero(np.diff(positions, prepend=positions[0] - 2) != 1)
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(positions)], strict=True):
            offset = self.offset + int(positions[start]) * row_bytes
            self._read_run(offset, buffer[start * row_bytes : stop * row_bytes])

    def _read_run(self, offset: int, buffer: memoryview) -> None:
        while len(buffer):
            count = read_at(self._file, buffer[:MAX_READ], offset)
            if count == 0:
                raise DataError(f"{self.path} ended at byte {offset} while it was read; was it replaced?")
            buffer, offset = buffer[count:], offset + count
