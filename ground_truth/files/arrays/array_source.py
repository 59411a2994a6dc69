"""An array inside a file: looked at without reading it, then streamed or read in place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ....common.errors import DataError
from ....common.system.memory import total_memory
from .array_file import ArrayFile

BLOCK_BYTES = 1 << 26
MOST_FACTORS = 100_000


@dataclass(frozen=True)
class ArraySource:
    """An array in a file.  offset: where its bytes lie as they are; None when they are compressed."""

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[tuple[int, ...]], Iterator[np.ndarray]]  # as if the array had the given shape; see blocks
    offset: int | None = None

    def __str__(self) -> str:
        return f"{self.key!r} in {self.path}" if self.key else str(self.path)

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, some 64 MB at a time."""
        return self.read(self.shape)

    def reshape(self, shape: tuple[int, ...]) -> ArraySource:
        """The same array in another shape."""
        return replace(self, shape=shape)

    def in_place(self) -> ArrayFile | None:
        """Rows read straight from the file; None when they are compressed."""
        return None if self.offset is None else ArrayFile(self.path, self.offset, self.shape, self.dtype)

    def load_few(self, what: str) -> np.ndarray:
        """As `load`, of an array with one value for each factor.  what: those values, for the error."""
        if math.prod(self.shape) > MOST_FACTORS:
            raise DataError(f"{self} has shape {self.shape}; expected {what}, one for each factor.")
        return self.load()

    def load(self) -> np.ndarray:
        """The whole array in memory.  Raises DataError where it would take more than a quarter of that."""
        num_bytes = math.prod(self.shape) * self.dtype.itemsize
        memory = total_memory()
        if memory is not None and num_bytes > memory // 4:
            raise DataError(f"{self} has shape {self.shape}, which takes {num_bytes / 1e9:.1f} GB; expected an array "
                            "that fits into a quarter of the memory here.")
        blocks = list(self.blocks())
        return np.concatenate(blocks) if blocks else np.empty(self.shape, dtype=self.dtype)


def in_memory(path: Path, key: str, array: np.ndarray) -> ArraySource:
    """An array that had to be read to know its type."""
    return ArraySource(path, key, array.shape, array.dtype,
                       lambda shape: (array.reshape(shape)[part] for part in parts(shape, array.dtype)))


def parts(shape: tuple[int, ...], dtype: np.dtype) -> Iterator[slice]:
    """Slices of the first axis that cover it, 64 MB each."""
    row_bytes = max(1, math.prod(shape[1:]) * dtype.itemsize)
    rows = max(1, BLOCK_BYTES // row_bytes)
    return (slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows))
