"""The tensors of a checkpoint's file, read without running anything that the file asks for."""

from __future__ import annotations

import contextlib
import logging
import pickle
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ...common.commands.wording import option
from ..errors import ArtifactError, MissingBackendError, UnsafeArtifactError
from ..files.bounded import check_archive
from ..files.pickles import ZIP_BYTES, foreign_globals_of_checkpoint
from . import inert_unpickling as inert
from .state import State
from .unwrapping import NO_CHOICE, Choice, Fit, one_of, state_dicts, unwrapped

logger = logging.getLogger(__name__)

# What torch's unpickler raises for damaged files, which depends on the byte at which a file ends.
DAMAGED = (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError,
           AssertionError, struct.error, zipfile.BadZipFile, pickle.UnpicklingError)


def read_state(path: Path, allow_pickled_code: bool = False, fit: Fit = lambda tensors: tensors,
               choice: Choice = NO_CHOICE) -> State:
    """The tensors that fit, unwrapped; where none do, all of them, for whoever says what is wrong with them.

    fit: which tensors are needed, see `unwrapping`.  choice: the key and prefix that the user named.
    Raises UnsafeArtifactError for a file of more than tensors, ArtifactError for a damaged or strange one, UserError
    where several dicts of tensors fit."""
    return state_in(read_content(path, allow_pickled_code), path, fit, choice)


def state_in(content: Any, path: Path, fit: Fit = lambda tensors: tensors, choice: Choice = NO_CHOICE) -> State:
    """The tensors that fit in what a file holds, see `read_state`."""
    hyper_parameters = content.get("hyper_parameters") if isinstance(content, dict) else None
    found = state_dicts(content, path, choice)
    fitting = unwrapped(found, fit, choice)
    chosen = one_of(fitting, path) if fitting else found[0]
    return State(chosen.tensors, path, hyper_parameters, tuple(candidate.key for candidate in found))


def read_content(path: Path, allow_pickled_code: bool) -> Any:
    """What a file holds.  Raises UnsafeArtifactError for more than tensors that was not allowed, ArtifactError for a
    damaged file."""
    if path.suffix == ".safetensors":
        return _safetensors(path)
    with path.open("rb") as file:
        is_zip = file.read(4) == ZIP_BYTES
    if is_zip:
        check_archive(path)
    names, strings = foreign_globals_of_checkpoint(path)
    if names and "pytorch-lightning_version" in strings:
        logger.warning("%s also holds %s; of these only attributes are read, as data.", path, ", ".join(names[:3]))
        return _load(path, pickle_module=inert, weights_only=False)
    if names and allow_pickled_code:
        logger.warning("Unpickling %s, which runs code from the file, as allowed.", path)
        return unpickled(path)
    if set(names) - {"?"}:  # where only damage was found, reading says so
        raise UnsafeArtifactError(f"{path} holds more than tensors ({', '.join(names[:3])}). Reading it would run code "
                                  "from the file, so it is refused; if you trust where it comes from, add "
                                  f"{option('allow_pickled_code')}.")
    return _load(path, weights_only=True)


def unpickled(path: Path, device: str = "cpu") -> Any:
    """What a file holds, code included, which may import from the current folder.  Raises ArtifactError."""
    with working_directory_importable():
        return _load(path, weights_only=False, map_location=device)


def _load(path: Path, map_location: str = "cpu", **options: Any) -> Any:
    try:
        return torch.load(path, map_location=map_location, **options)
    except (ImportError, AttributeError) as error:
        if options.get("weights_only", True) or "pickle_module" in options:
            raise _damaged(path, error) from error
        raise ArtifactError(f"{path} cannot be unpickled, because its class cannot be imported ({error}). "
                            "Run the command from the folder of the code. A class of a script (__main__) is never "
                            "found: save its state_dict() and name the class by "
                            f"{option('module', 'FILE:CLASS')}.") from error
    except DAMAGED as error:
        raise _damaged(path, error) from error


@contextlib.contextmanager
def working_directory_importable() -> Iterator[None]:
    """Modules in the current folder can be imported inside, as with `python -m`."""
    sys.path.insert(0, "")
    try:
        yield
    finally:
        sys.path.remove("")


def _damaged(path: Path, error: Exception) -> ArtifactError:
    reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
    return ArtifactError(f"{path} cannot be read as a checkpoint ({reason}). It is damaged or not downloaded in full: "
                         f"it has {path.stat().st_size:,} bytes.")


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingBackendError(f"Reading {path} needs safetensors: pip install 'unbraid[safetensors]'.") from error
    try:
        return load_file(path)
    except (SafetensorError, *DAMAGED) as error:
        raise ArtifactError(f"{path} cannot be read as safetensors ({error}). It is damaged or not downloaded in full: "
                            f"it has {path.stat().st_size:,} bytes.") from error
