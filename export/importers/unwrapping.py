"""The state dict that is meant, inside a checkpoint as people save them.

A file may hold the tensors under a key (`model_state_dict`, `state_dict`, `ema`), beside an optimizer's, with a prefix
on every name (`module.`, `_orig_mod.`, Lightning's `model.`), or as one part of a larger network (`encoder.`). Each
dict of tensors in the file and each prefix of its names is a candidate; whoever knows which names are needed chooses
the one that fits. Where several fit and hold different tensors, the user is asked."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from ...common.commands.wording import option
from ...common.errors import UserError
from ..errors import ArtifactError

Tensors = Mapping[str, torch.Tensor]
Fit = Callable[[Tensors], Tensors | None]  # the tensors that are needed; None where some are missing or do not fit

# What wrapping modules put between a name's parts: DataParallel, torch.compile, Fabric, FSDP, activation checkpoints,
# and JL1-VAE's TorchScript export.
WRAPPERS = ("module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
            "wrapped_model")
DEPTH = 3  # dicts inside dicts
NOT_MODELS = ("optimizer", "optim", "scheduler", "lr_scheduler", "scaler", "callbacks", "loops")

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What the user said: the key under which the state dict lies, with dots between nested keys, and the prefix of the
    names that are meant; None where it is found."""

    key: str | None = None
    prefix: str | None = None


NO_CHOICE = Choice()


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A dict of tensors, and where it was."""

    tensors: Tensors
    key: str = ""
    prefix: str = ""
    num_left_out: int = 0

    def __str__(self) -> str:
        parts = [option("state_dict_key", self.key)] * bool(self.key) + [option("prefix", self.prefix)] * bool(
            self.prefix)
        return " ".join(parts) or "all of its tensors"


def state_dicts(content: Any, path: object, choice: Choice = NO_CHOICE) -> list[Candidate]:
    """The dicts of tensors in what a file holds, in its order; modules count as their state dicts.

    Raises ArtifactError when there is none, or none under the chosen key."""
    found = [Candidate(tensors, key) for key, tensors in _state_dicts(content, "", DEPTH)]
    if not found:
        what = f"a dict with {', '.join(map(str, list(content)[:5]))}" if isinstance(content, dict) else type(
            content).__name__
        raise ArtifactError(f"{path} holds {what}; expected a state dict, names to tensors. Save your module's "
                            "state_dict() with torch.save, or export it with unbraid.export.export_representation.")
    if choice.key is not None:
        chosen = [candidate for candidate in found if candidate.key == choice.key]
        if not chosen:
            raise ArtifactError(f"{path} has no state dict under the key {choice.key!r}, but under "
                                f"{', '.join(repr(candidate.key) for candidate in found)}.")
        return chosen
    return found


def _state_dicts(content: Any, key: str, depth: int) -> Iterator[tuple[str, Tensors]]:
    if isinstance(content, torch.nn.Module):
        yield key, content.state_dict()
    elif isinstance(content, dict) and content:
        named = {name: value for name, value in content.items() if isinstance(name, str)}
        tensors = {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
        if tensors and len(tensors) == len(content):
            yield key, tensors
        elif depth:
            for name, value in named.items():
                if not name.lower().startswith(NOT_MODELS):
                    yield from _state_dicts(value, f"{key}.{name}" if key else name, depth - 1)


def unwrapped(found: Sequence[Candidate], fit: Fit, choice: Choice = NO_CHOICE) -> list[Candidate]:
    """The candidates that fit, one for each different set of tensors.

    Names as they are count before names without wrappers, and all tensors of a dict before those behind a prefix."""
    fitting: list[Candidate] = []
    for candidate in found:
        versions = (_fitting_parts(candidate, tensors, fit, choice) for tensors in _versions(candidate.tensors))
        for part in next(filter(None, versions), []):
            fitting += [part] * all(not _equal(part.tensors, other.tensors) for other in fitting)
    return fitting


def _versions(tensors: Tensors) -> Iterator[Tensors]:
    """Names as they are, then without wrappers."""
    yield tensors
    plain = without_wrappers(tensors)
    if plain is not None and plain.keys() != tensors.keys():
        yield plain


def _fitting_parts(candidate: Candidate, tensors: Tensors, fit: Fit, choice: Choice) -> list[Candidate]:
    """All tensors where they fit, else those behind each prefix that do."""
    parts = []
    for prefix in _prefixes(tensors) if choice.prefix is None else [choice.prefix]:
        used = fit({name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)})
        if used:
            parts.append(Candidate(used, candidate.key, prefix, len(tensors) - len(used)))
            if not prefix:
                break
    return parts


def one_of(fitting: Sequence[Candidate], path: object) -> Candidate:
    """The only one.  Raises UserError, which lists the choices."""
    if len(fitting) > 1:
        choices = "; ".join(map(str, fitting))
        raise UserError(f"{path} holds several sets of tensors that fit, and they differ. Choose one: {choices}.")
    (chosen,) = fitting
    if chosen.num_left_out:
        named = f"whose names start with {chosen.prefix!r} " if chosen.prefix else ""
        logger.warning("Of %s the %d tensors %sthat the network needs are taken; %d others are left out.", path,
                       len(chosen.tensors), named, chosen.num_left_out)
    return chosen


def _prefixes(tensors: Tensors) -> list[str]:
    prefixes = {""}
    for name in tensors:
        parts = name.split(".")
        prefixes |= {".".join(parts[:i]) + "." for i in range(1, len(parts))}
    return sorted(prefixes, key=lambda prefix: (prefix.count("."), prefix))


def without_wrappers(tensors: Tensors) -> dict[str, torch.Tensor] | None:
    """The same tensors without the parts of their names that wrapping modules added; None where names would clash."""
    names = {name: ".".join(part for part in name.split(".") if part not in WRAPPERS) for name in tensors}
    if len(set(names.values())) < len(names):
        return None
    return {names[name]: tensor for name, tensor in tensors.items()}


def _equal(first: Tensors, second: Tensors) -> bool:
    return first.keys() == second.keys() and all(
        first[name].shape == second[name].shape and torch.equal(first[name], second[name]) for name in first)
