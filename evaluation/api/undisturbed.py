"""Looking at a network that somebody trains without leaving a trace in the training."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from ...common.numerics.generators import generators_kept
from .live import module_of


@contextmanager
def undisturbed(encoder: Any) -> Iterator[None]:
    """Within the block the modules of an encoder are in evaluation mode, without gradients and autocasting.

    encoder: None, a path, or what can be called.
    Afterwards each of their parts is in the mode it was in, and the global random streams of Python, numpy and torch,
    CUDA's included, are where they were."""
    with ExitStack() as stack:
        stack.enter_context(generators_kept())
        for module in modules_of(encoder):
            stack.enter_context(_in_evaluation_mode(module))
        if torch := sys.modules.get("torch"):
            stack.enter_context(torch.no_grad())
            # Weights that autocasting converts without gradients would be reused by the training's next forward pass.
            for device in ("cpu", *(["cuda"] if torch.cuda.is_initialized() else [])):
                stack.enter_context(torch.autocast(device, enabled=False))
        yield


def modules_of(encoder: Any) -> Sequence[Any]:
    """The torch modules behind an encoder: itself, the one it is a method of, or those that a function refers to.

    A function refers to its arguments bound by `partial`, to variables around it, and to their attributes."""
    torch = sys.modules.get("torch")
    if torch is None:
        return []
    if isinstance(owner := module_of(encoder), torch.nn.Module):
        return [owner]
    values: list[Any] = []
    while isinstance(encoder, partial):
        values += [*encoder.args, *encoder.keywords.values()]
        encoder = encoder.func
    values += [getattr(encoder, "__self__", None), module_of(encoder), encoder]
    if inspect.isfunction(inspect.unwrap(encoder)):
        around = inspect.getclosurevars(inspect.unwrap(encoder))
        values += [*around.nonlocals.values(), *around.globals.values()]
    attributes = [found for value in values for found in getattr(value, "__dict__", {}).values()
                  if not inspect.ismodule(value) and not inspect.isclass(value)]
    return list({id(value): value for value in [*values, *attributes] if isinstance(value, torch.nn.Module)}.values())


@contextmanager
def _in_evaluation_mode(module: Any) -> Iterator[None]:
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        module.train(modes[0][1])  # a module may do more there than to set the mode, such as to split merged weights
        for part, mode in modes:
            part.training = mode
