"""Statistics of codes so large that they overflow in the codes' own precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def wide_enough(codes: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Returns codes (n, num_codes), converted to float64 only if `statistic(codes)` is not finite as they are.

    Codes that do not overflow keep their dtype, on which the last bit of a score depends."""
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(statistic(codes)).all()
    return codes if finite else codes.astype(np.float64)
