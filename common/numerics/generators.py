"""The global generators of Python, numpy and torch, on which a model may draw noise."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator

import numpy as np

LARGEST_SEED = 2**32  # of numpy


def seed_generators(seed: int) -> None:
    """Sets numpy's to a seed, and torch's where torch is loaded, which running an ONNX file needs not."""
    np.random.seed(seed % LARGEST_SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)


@contextlib.contextmanager
def generators_kept() -> Iterator[None]:
    """After the block they are as they were, CUDA's included."""
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()
    cpu = torch.get_rng_state() if torch else None
    cuda = torch.cuda.get_rng_state_all() if torch and torch.cuda.is_initialized() else []
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch and cpu is not None:
            torch.set_rng_state(cpu)
            if cuda:
                torch.cuda.set_rng_state_all(cuda)
