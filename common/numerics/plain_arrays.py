"""Arrays as compiled code and runtimes take them."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(array: Any, dtype: Any = None) -> np.ndarray:
    """Returns the values as a contiguous, writable array in this machine's byte order; a copy only where it must be.

    ONNX Runtime reads another byte order as if it were this machine's.  PyTorch refuses negative strides, which numpy
    allows in a contiguous array along an axis of size 1, and warns of arrays that are read-only.
    dtype: None for the array's own."""
    wanted = np.dtype(np.asarray(array).dtype if dtype is None else dtype).newbyteorder("=")
    found = np.require(array, dtype=wanted, requirements=["C", "W"])
    return found.copy() if any(stride < 0 for stride in found.strides) else found
