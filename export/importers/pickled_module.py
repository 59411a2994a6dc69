"""A pickled module that the user allowed to be read, exported as any live module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...common.commands.wording import option
from ...common.errors import UserError
from ..writing.own_models import as_encoder, codes_or_posterior
from .unwrapping import DEPTH, NOT_MODELS, Choice

PICKLED = "pickled_module"  # its format in records


class UnderstoodModule(torch.nn.Module):
    """A module asked as an export asks it: codes (N, D), or a dict of mean and log-variance.

    An output in which the codes cannot be told is given as it is, for whoever is told which one is meant."""

    def __init__(self, module: torch.nn.Module):
        super().__init__()
        self.encoder = as_encoder(module)

    def forward(self, images: torch.Tensor) -> Any:
        output = self.encoder(images)
        try:
            found = codes_or_posterior(output)
        except UserError:
            return output
        return found if isinstance(found, torch.Tensor) else {"mean": found[0], "log_variance": found[1]}


def whole_module(content: Any, path: object, choice: Choice) -> torch.nn.Module | None:
    """Returns the module in what a file holds, perhaps under a key of a dict; None if the file holds no module.

    A module that wraps another for training (DataParallel, torch.compile) is unwrapped.
    choice: names the key if the file holds several modules.  Raises UserError if it does and none is chosen."""
    found = dict(_modules(content, "", DEPTH))
    if choice.key is not None:
        found = {key: module for key, module in found.items() if key == choice.key}
    if len(found) > 1:
        choices = "; ".join(option("state_dict_key", key) for key in found)
        raise UserError(f"{path} holds several modules. Choose one: {choices}.")
    return next((_unwrapped(module) for module in found.values()), None)


def _modules(content: Any, key: str, depth: int) -> Iterator[tuple[str, torch.nn.Module]]:
    if isinstance(content, torch.nn.Module):
        yield key, content
    elif isinstance(content, dict) and depth:
        for name, value in content.items():
            if isinstance(name, str) and not name.lower().startswith(NOT_MODELS):
                yield from _modules(value, f"{key}.{name}" if key else name, depth - 1)


def _unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    for name in ("module", "_orig_mod"):
        inner = getattr(module, name, None)
        if isinstance(inner, torch.nn.Module) and len(list(module.children())) == 1:
            return _unwrapped(inner)
    return module
