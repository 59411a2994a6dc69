"""The tensors of a checkpoint and the file they came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class State:
    """A flat state dict."""

    tensors: Mapping[str, torch.Tensor]
    path: Path
    hyper_parameters: Any = None
    """What a Lightning file holds under that name, in which objects are `inert.Shell`s."""
    keys: tuple[str, ...] = ()
    """Of all state dicts in the file; "" for one at its top."""

    def size(self, key: str, axis: int, default: int) -> int:
        """Size of one tensor's axis; `default` where it is absent, so that its absence is reported with all others."""
        tensor = self.tensors.get(key)
        return tensor.shape[axis] if tensor is not None and axis < tensor.ndim else default

    def count(self, key: Callable[[int], str]) -> int:
        """How many of key(0), key(1), ... are there."""
        count = 0
        while key(count) in self.tensors:
            count += 1
        return count
