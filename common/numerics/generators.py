"""The global generators of numpy and torch, on which a model may draw noise."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import numpy as np

LARGEST_SEED = 2**32  # of numpy


def seed_generators(seed: int) -> None:
    """Sets them all to a seed; torch's only where torch is loaded, which running an ONNX file needs not."""
    np.random.seed(seed % LARGEST_SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)


@contextlib.contextmanager
def generators_kept() -> Iterator[None]:
    """After the block they are as they were."""
    torch = sys.modules.get("torch")
    numpy_state = np.random.get_state()
    torch_states = (torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
                    ) if torch else None
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        if torch and torch_states:
            torch.set_rng_state(torch_states[0])
            torch.cuda.set_rng_state_all(torch_states[1])
