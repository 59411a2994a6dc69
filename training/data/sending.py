"""Arrays on their way to the device that trains."""

from __future__ import annotations

import numpy as np
import torch

from ...common.numerics.plain_arrays import plain


def send(array: np.ndarray, device: str | torch.device) -> torch.Tensor:
    """Returns the array as a tensor on `device`; on the CPU both share their memory.

    The host does not wait for a GPU: CUDA has copied the array to memory of its own when the call returns."""
    return torch.from_numpy(plain(array)).to(device, non_blocking=True)
