"""Layers of TensorFlow for networks of ours: kernels turned around, flattened images reordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from .filling import Filling, Piece

Order = Callable[[torch.Tensor], torch.Tensor]


def take_layers(filling: Filling, part: str, theirs: Sequence[str], first: Order | None = None,
                last: Order | None = None) -> Filling:
    """Their layers for ours of the submodule `part`.

    first: reorders the inputs of the first dense layer.  last: reorders the outputs of the last one."""
    modules = filling.network.get_submodule(part).named_modules()
    ours = [(f"{part}.{name}", module) for name, module in modules if hasattr(module, "weight")]
    assert len(ours) == len(theirs), (ours, theirs)
    dense = [name for name, module in ours if isinstance(module, torch.nn.Linear)]
    for (name, _), layer in zip(ours, theirs, strict=True):
        take_layer(filling, name, layer, first if name == dense[0] else None, last if name == dense[-1] else None)
    return filling


def take_layer(filling: Filling, ours: str, theirs: str, inputs: Order | None = None,
               outputs: Order | None = None) -> None:
    """One dense layer, convolution or transposed convolution."""

    def kernel(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.ndim == 4:  # (height, width, in, out), or (height, width, out, in) of a transposed convolution
            return tensor.permute(3, 2, 0, 1).contiguous()
        tensor = (tensor if inputs is None else inputs(tensor)).T
        return (tensor if outputs is None else outputs(tensor)).contiguous()

    def bias(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.clone() if outputs is None else outputs(tensor[:, None])[:, 0].contiguous()

    filling.pieces[f"{ours}.weight"] = Piece((f"{theirs}/kernel",), kernel,
                                             lambda shape: (*shape[2:], shape[1], shape[0]))
    filling.pieces[f"{ours}.bias"] = Piece((f"{theirs}/bias",), bias, lambda shape: shape)


def channels_first(image_shape: Sequence[int]) -> Order:
    """Rows (C H W, ...) from rows over flattened images (H, W, C), as TensorFlow orders them."""
    channels, height, width = image_shape

    def order(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.reshape(height, width, channels, -1).permute(2, 0, 1, 3).reshape(tensor.shape)

    return order
