"""A stranger's TorchScript or torch.export program as a module with our input and output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..formats.torch_runner import flattened
from .graph_description import Understanding


class ForeignModule(torch.nn.Module):
    """Images (N, C, H, W) float32 in [0, 1] to codes (N, D), or to (mean, log-variance) where both are known."""

    mean: torch.Tensor
    std: torch.Tensor
    means: torch.Tensor
    log_variances: torch.Tensor

    def __init__(self, graph: torch.nn.Module, how: Understanding):
        super().__init__()
        self.graph, self.how = graph, how
        means, stds = how.statistics or ((0.0,), (1.0,))
        self.register_buffer("mean", torch.tensor(means).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(stds).reshape(1, -1, 1, 1))
        for name, columns in zip(("means", "log_variances"), how.head_columns or ([], []), strict=True):
            self.register_buffer(name, torch.tensor(columns, dtype=torch.int64))

    def forward(self, images: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if self.how.statistics is not None:
            images = (images - self.mean) / self.std
        if self.how.layout == "NHWC":
            images = images.permute(0, 2, 3, 1)
        if self.how.takes_pixels:
            images = images.round()
        output = flattened(self.graph(images.to(getattr(torch, self.how.dtype))))
        codes = self._named(output, self.how.output)
        if self.how.head:
            return codes[:, self.means], codes[:, self.log_variances]
        return (codes, self._named(output, self.how.log_variance)) if self.how.log_variance else codes

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> ForeignModule:
        """Leaves the weights of the type that the graph's own casts expect."""
        return self

    def train(self, mode: bool = True) -> ForeignModule:
        """Leaves the graph as it was exported: a program of torch.export refuses to be told."""
        self.training = mode
        return self

    def __deepcopy__(self, memo: Any) -> ForeignModule:
        """Itself: nothing changes it."""
        return self

    def _named(self, output: dict[str, torch.Tensor], name: str) -> torch.Tensor:
        """(N, D), of tokens (N, T, V) and maps as tokens one after the other."""
        chosen = output[name].float()
        if self.how.maps and self.how.layout == "NCHW":
            chosen = chosen.permute(0, 2, 3, 1)
        return chosen.mean(dim=(1, 2)) if self.how.maps == "pooled" else chosen.flatten(1)
