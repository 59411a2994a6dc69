"""Images made of bytes, which a training loader can keep as bytes until they are on the device."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.errors import DataError
from ...common.numerics.plain_arrays import plain
from ...common.numerics.threads import in_threads

BLACK_OR_WHITE = np.array([0, 1], dtype=np.float32)
# Single-precision division by 255, the values disentanglement_lib's images have once they are float32.
OUT_OF_255 = np.arange(256, dtype=np.float32) / np.float32(255)


class ByteImages(ABC):
    """A data set whose image is `pixel_values[raw]`: exact on every device, a quarter of the memory."""

    pixel_values: np.ndarray  # (at most 256,) float32: what each byte means

    @abstractmethod
    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) uint8 for grid indices (n,)."""

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1]."""
        return look_up(self.raw(indices, draws), self.pixel_values)


def look_up(raw: np.ndarray, pixel_values: np.ndarray) -> np.ndarray:
    """pixel_values[raw], float32, without numpy's detour over eight-byte indices."""
    images = np.empty(raw.shape, dtype=np.float32)
    source, target = as_bytes(raw, pixel_values).reshape(-1), images.reshape(-1)
    table = np.zeros(256, dtype=np.float32)
    table[: len(pixel_values)] = pixel_values
    in_threads(lambda start, stop: _look_up(source[start:stop], table, target[start:stop]), len(source), 1 << 19)
    return images


def as_bytes(raw: np.ndarray, pixel_values: np.ndarray) -> np.ndarray:
    """Returns `raw` as a contiguous, writable array of uint8.

    Compiled loops and GPUs index `pixel_values` without a check.  Raises DataError for a value without a meaning."""
    if raw.size and (raw.dtype != np.uint8 or len(pixel_values) < 256):
        lowest, highest = int(raw.min()), int(raw.max())
        if lowest < 0 or highest >= len(pixel_values):
            raise DataError(f"An image holds {lowest if lowest < 0 else highest}, but its pixel_values say what 0 to "
                            f"{len(pixel_values) - 1} mean. Correct `raw` or `pixel_values` of the data set.")
    return plain(raw, np.uint8)


@compiled()
def _look_up(source: np.ndarray, table: np.ndarray, target: np.ndarray) -> None:
    for position in range(len(source)):
        target[position] = table[source[position]]
