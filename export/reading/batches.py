"""Observations through a function, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BATCH_SIZE = 256


def in_batches(encode: Callable[[np.ndarray], np.ndarray], observations: Any) -> np.ndarray:
    """What `encode` makes of observations (n, H, W, C), which may be lazy: (n, ...)."""
    return np.concatenate([encode(np.asarray(observations[start : start + BATCH_SIZE], dtype=np.float32))
                           for start in range(0, len(observations), BATCH_SIZE)])
