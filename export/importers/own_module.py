"""Weights for a network of the user's own: a state_dict plus `package.module:Class`, whose arguments gin binds."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gin
import torch

from ...common.commands.wording import bindings_option, option
from ...common.configuration.parsing import configured
from ...common.disk.file_identity import content_sha256
from ...common.errors import ConfigurationError, UserError
from ..files.locating import locate
from ..files.record import Record
from ..formats import FORMAT_NAMES
from ..postprocessing.representations import Postprocessing, Recipe, postprocessing_of
from ..writing.exporter import export_representation
from ..writing.verification_images import images_of_data_set
from .filling import KeyMismatchError
from .import_checkpoint import fitted_on
from .reading import read_state, working_directory_importable
from .state import State
from .unwrapping import NO_CHOICE, Choice, Fit, Tensors

COUNTER = "num_batches_tracked"  # of batch norm: absent in old files, and of no use to a finished network
MOST_PROBLEMS = 20  # a message lists no more


def export_own_module(module: str, path: str | Path, output_dir: str | Path, data_set: str | None, *,
                      representation: str | None = None, gin_config_files: Sequence[str] = (),
                      gin_bindings: Sequence[str] = (), formats: Sequence[str] = FORMAT_NAMES, overwrite: bool = False,
                      allow_pickled_code: bool = False, allow_batch_dependence: bool = False,
                      choice: Choice = NO_CHOICE) -> Record:
    """Exports `package.module:Class` with the weights of `path`, verified on images of `data_set`.

    choice: which of several dicts of tensors in the file.
    representation: "mean" or "sample"; by default what gin says, or the mean.
    gin_bindings: arguments of the class, such as `Class.num_latent = 10`.  Raises UserError; then nothing is
    written."""
    if data_set is None:
        raise UserError(f"{option('module')} needs {option('data_set', 'NAME')}: nothing else says which images the "
                        "network takes.")
    network = make_module(module, gin_config_files, gin_bindings)
    postprocessing = postprocessing_of(representation, gin_config_files, gin_bindings) or Postprocessing(Recipe())
    state = read_state(locate(Path(path)).path, allow_pickled_code, needed_by(network), choice)
    load_weights(network, state, module)
    source = {"format": "state_dict", "project": module, "file": state.path.name,
              "sha256": content_sha256(state.path)}
    return export_representation(
        network, output_dir, images_of_data_set(data_set), representation=postprocessing.recipe.statistic,
        postprocessing=fitted_on(data_set, postprocessing, network),
        data_set=data_set, source=source, formats=formats,
        overwrite=overwrite, allow_batch_dependence=allow_batch_dependence)


def make_module(name: str, gin_config_files: Sequence[str] = (), gin_bindings: Sequence[str] = ()) -> torch.nn.Module:
    """An instance of `package.module:Class`, looked for in the current folder too, as `python -m` does."""
    network_class = _class(name)
    try:
        configurable = gin.external_configurable(network_class)
    except ValueError:  # it is one already
        configurable = network_class
    with configured(gin_config_files, gin_bindings):
        try:
            return configurable()
        except TypeError as error:
            raise ConfigurationError(f"{name} cannot be made: {error}. Bind its arguments, such as "
                                     f"{bindings_option(f'{network_class.__name__}.num_latent = 10')}.") from error


def needed_by(network: torch.nn.Module) -> Fit:
    """The tensors that a network needs, out of those of a larger one: parts that it does not have are left out."""
    ours = {name: tensor.shape for name, tensor in network.state_dict().items()}
    parts = {name.split(".")[0] for name in ours}

    def fit(tensors: Tensors) -> Tensors | None:
        used = {name: tensor for name, tensor in tensors.items() if name.split(".")[0] in parts}
        missing = {name for name in ours.keys() - used.keys() if not name.endswith(COUNTER)}
        return None if missing or any(ours.get(name) != tensor.shape for name, tensor in used.items()) else used

    return fit


def load_weights(network: torch.nn.Module, state: State, name: str) -> None:
    """Raises KeyMismatchError with all keys and shapes that differ."""
    ours = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    theirs = {key: tuple(value.shape) for key, value in state.tensors.items()}
    problems = [f"missing: {key} {ours[key]}" for key in sorted(ours.keys() - theirs.keys()) if not
                key.endswith(COUNTER)]
    problems += [f"unexpected: {key}" for key in sorted(theirs.keys() - ours.keys())]
    problems += [f"misshapen: {key} {theirs[key]}, expected {ours[key]}" for key in sorted(ours.keys() & theirs.keys())
                 if ours[key] != theirs[key]]
    if problems:
        others = [key for key in state.keys if key]
        hint = f" The file has state dicts under {', '.join(others)}; {option('state_dict_key', 'KEY')} chooses one, " \
            f"{option('prefix', 'PREFIX')} the names that start alike." if others else ""
        raise KeyMismatchError(f"The weights in {state.path} do not fit {name}: {_listed(problems)}.{hint}")
    network.load_state_dict(dict(state.tensors), strict=False)
    network.eval()


def _listed(problems: Sequence[str]) -> str:
    more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
    return "; ".join(problems[:MOST_PROBLEMS]) + more


def _class(name: str) -> Any:
    module_name, _, class_name = name.rpartition(":")
    try:
        with working_directory_importable():
            found = getattr(_imported(module_name), class_name)
    except (ImportError, AttributeError, ValueError, OSError, SyntaxError) as error:
        raise UserError(f"{option('module', name)} cannot be imported ({error}); expected package.module:Class, "
                        "importable from here, or file.py:Class.") from error
    if not (isinstance(found, type) and issubclass(found, torch.nn.Module)):
        raise UserError(f"{option('module', name)} is no torch.nn.Module class.")
    return found


def _imported(name: str) -> Any:
    """The module of a dotted name, or of a file's path, whose folder it may import from."""
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name)
    if not path.is_file():
        raise ImportError(f"there is no file {path}")
    sys.path.append(str(path.resolve().parent))
    return importlib.import_module(path.stem)
