"""torch.compile for the networks' layers."""

from __future__ import annotations

import torch
from torch import nn

from ...common.errors import ConfigurationError
from .precision import stacks


def compile_layers(model: nn.Module, device: str) -> None:
    """Hands every stack of layers of `model` to torch.compile; the first updates then take their time.

    Raises ConfigurationError where torch.compile does not work, which a small function tells beforehand."""
    try:
        torch.compile(lambda values: values + 1)(torch.zeros(2, device=device))
    except Exception as error:  # whatever a compiler or its driver comes up with
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigurationError("model.compile is True, but torch.compile does not work here: "
                                 f"{reason[0].rstrip('.')}. It needs a C++ compiler (install g++, or name one by the "
                                 "environment variable CXX)"
                                 f"{' and Triton' if device.startswith('cuda') else ''}; or leave model.compile at "
                                 "False.") from error
    for stack in stacks(model):
        stack.compile()
