"""Lower precision: stacks of layers run in bfloat16, or a GPU rounds the factors of products to TF32.

Weights, latents, losses and updates stay float32."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from ...common.commands.wording import option
from ...common.errors import ConfigurationError, UnknownNameError

PRECISIONS = ("float32", "tf32", "bfloat16")

_in_float32 = False


def use_precision(model: nn.Module, precision: str, device: str) -> None:
    """Makes every stack of layers of `model` compute in `precision`; what goes in and what comes out stays float32.

    Layers outside a stack, such as the heads that give mean and log-variance, and matrix exponentials keep float32.
    Raises UnknownNameError, and ConfigurationError where the device cannot."""
    if precision not in PRECISIONS:
        raise UnknownNameError("model.precision", precision, PRECISIONS)
    if precision == "tf32" and not device.startswith("cuda"):
        raise ConfigurationError("model.precision is 'tf32', which only NVIDIA GPUs compute; use 'float32', or "
                                 f"{option('device', 'cuda')}.")
    if precision != "bfloat16":
        return
    if device.startswith("cuda") and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise ConfigurationError(f"model.precision is 'bfloat16', which {torch.cuda.get_device_name(device)} cannot "
                                 "compute; use 'float32', or a GPU of compute capability 8.0 or more.")
    for stack in stacks(model):
        _lower(stack, torch.device(device).type)


def stacks(model: nn.Module) -> Iterator[nn.Sequential]:
    """The outermost stacks of layers in a model, each once."""
    inside: set[nn.Module] = set()
    for module in model.modules():  # parents come before what they hold
        if isinstance(module, nn.Sequential) and module not in inside:
            inside.update(module.modules())
            yield module


@contextlib.contextmanager
def float32() -> Iterator[None]:
    """Runs the block in float32 whatever the precision: differences of a thousandth vanish in bfloat16."""
    global _in_float32  # noqa: PLW0603 - a setting of the process, like autocast's own
    convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
    saved, _in_float32 = _in_float32, True
    allowed = convolutions.allow_tf32, products.allow_tf32
    convolutions.allow_tf32 = products.allow_tf32 = False
    try:
        yield
    finally:
        _in_float32 = saved
        convolutions.allow_tf32, products.allow_tf32 = allowed


def _lower(stack: nn.Sequential, device_type: str) -> None:
    forward = stack.forward

    def lowered(inputs: torch.Tensor) -> torch.Tensor:
        if _in_float32:
            return forward(inputs)
        with torch.autocast(device_type, torch.bfloat16):
            return forward(inputs).float()

    stack.forward = lowered  # type: ignore[method-assign]
