"""What turns a decoder's output into images in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable

import torch


def half_tanh(logits: torch.Tensor) -> torch.Tensor:
    """tanh(a) / 2 + 1/2, the logistic of 2 a."""
    return torch.tanh(logits) / 2 + 0.5


ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"logits": torch.sigmoid, "tanh": half_tanh}
