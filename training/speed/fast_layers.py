"""Layers that PyTorch's own kernels compute slowly, computed otherwise while a model trains.

ReLUs overwrite what the layer before them gave: the same numbers in less memory.  On the CPU, transposed convolutions
come out equal up to rounding: the gradient of their bias is a plain sum, for which oneDNN takes as long as for all the
rest of the backward pass; and one to a single channel, the last layer of every decoder of grey images, is one matrix
product whose parts are added where they overlap, in less than half the time.  Exports have the plain layers."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

_plain = False


def use_fast_layers(model: nn.Module, device: str) -> None:
    """Changes how layers of `model` compute, not what."""
    uses = Counter(module for _, module in model.named_modules(remove_duplicate=False))
    for stack in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        for before, layer in itertools.pairwise(stack):
            if isinstance(before, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)) and isinstance(layer, nn.ReLU):
                layer.inplace = uses[layer] == 1  # these three need not remember their output, another user might
    if device == "cpu":
        for module in model.modules():
            if isinstance(module, nn.ConvTranspose2d) and _is_plain(module):
                _replace(module)


@contextlib.contextmanager
def plain_layers() -> Iterator[None]:
    """Runs the block with PyTorch's own layers, not compiled: these take any batch and know forward-mode gradients."""
    global _plain  # noqa: PLW0603 - a setting of the process, like autocast's own
    saved, _plain = _plain, True
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        _plain = saved


class TransposedConvolution(torch.autograd.Function):
    """conv_transpose2d(images, weight, bias, stride, padding)."""

    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: tuple[int, int],
                padding: tuple[int, int]) -> torch.Tensor:
        """images: (N, C, H, W), best stored channels last.  weight: (C, C', kH, kW).  Returns (N, C', H', W')."""
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        if (weight.shape[1:], stride, padding) == ((1, 4, 4), (2, 2), (1, 1)):
            return double_side(images, weight) + bias
        return functional.conv_transpose2d(images, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (pull,), (images, weight) = grad_outputs, ctx.saved_tensors
        needed = [*ctx.needs_input_grad[:2], False]
        of_images, of_weight, _ = torch.ops.aten.convolution_backward(
            pull, images, weight, None, ctx.stride, ctx.padding, (1, 1), True, (0, 0), 1, needed)
        return of_images, of_weight, pull.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None, None, None


def double_side(images: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """conv_transpose2d(images, weight, stride=2, padding=1) of weights (C, 1, 4, 4): (N, 1, 2 H, 2 W)."""
    num, channels, height, width = images.shape
    pixels = images.permute(0, 2, 3, 1).reshape(-1, channels)
    taps = (weight.reshape(channels, 16).T @ pixels.T).view(4, 4, num, height, width)
    return _overlap(_overlap(taps, -2), -1).unsqueeze(1)


def _overlap(taps: torch.Tensor, dim: int) -> torch.Tensor:
    """Adds what the four taps (4, ...) of a stride of 2 give along `dim`, which comes out twice as long.

    Output 2 i takes tap 1 at i and tap 3 at i - 1; output 2 i + 1 takes tap 2 at i and tap 0 at i + 1."""
    even, odd, rest = taps[1], taps[2], taps.shape[dim] - 1
    even.narrow(dim, 1, rest).add_(taps[3].narrow(dim, 0, rest))
    odd.narrow(dim, 0, rest).add_(taps[0].narrow(dim, 1, rest))
    return torch.stack([even, odd], dim=even.ndim + dim + 1).flatten(even.ndim + dim, even.ndim + dim + 1)


def _is_plain(layer: nn.ConvTranspose2d) -> bool:
    unusual = (layer.groups, layer.dilation, layer.output_padding, layer.padding_mode)
    return layer.bias is not None and unusual == (1, (1, 1), (0, 0), "zeros")


def _replace(layer: nn.ConvTranspose2d) -> None:
    def forward(images: torch.Tensor) -> torch.Tensor:
        assert layer.bias is not None
        if _plain or images.ndim != 4:
            return functional.conv_transpose2d(images, layer.weight, layer.bias, layer.stride,
                                               layer.padding)  # type: ignore[arg-type]  # only convolutions know names
        tensors = [images, layer.weight, layer.bias]
        if torch.is_autocast_enabled("cpu"):  # which does not look into functions of our own
            tensors = [tensor if tensor.dtype == torch.float64 else tensor.to(torch.get_autocast_dtype("cpu"))
                       for tensor in tensors]
        return TransposedConvolution.apply(*tensors, layer.stride, layer.padding)

    layer.forward = forward  # type: ignore[method-assign,assignment]
