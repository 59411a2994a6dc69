"""The tensors of a checkpoint's file, read without running anything that the file asks for."""

from __future__ import annotations

import logging
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..errors import ArtifactError, UnsafeArtifactError
from ..files.pickles import foreign_globals_of_checkpoint
from . import inert
from .state import State, without_wrapper

logger = logging.getLogger(__name__)

DAMAGED = (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError,
           zipfile.BadZipFile, pickle.UnpicklingError)


def read_state(path: Path, allow_pickled_code: bool = False) -> State:
    """Raises UnsafeArtifactError for a file of more than tensors, ArtifactError for a damaged or strange one."""
    content = _content(path, allow_pickled_code)
    hyper_parameters = content.get("hyper_parameters") if isinstance(content, dict) else None
    return State(without_wrapper(_tensors(content, path)), path, hyper_parameters)


def _content(path: Path, allow_pickled_code: bool) -> Any:
    names, strings = foreign_globals_of_checkpoint(path)
    if names and "pytorch-lightning_version" in strings:
        logger.warning("%s also holds %s; of these only attributes are read, as data.", path, ", ".join(names[:3]))
        return _load(path, pickle_module=inert, weights_only=False)
    if names and allow_pickled_code:
        logger.warning("Unpickling %s, which runs code from the file, as allowed.", path)
        return _load(path, weights_only=False)
    if set(names) - {"?"}:  # where only damage was found, reading says so
        raise UnsafeArtifactError(f"{path} holds more than tensors ({', '.join(names[:3])}). Reading it would run code "
                                  "from the file, so it is refused; if you trust where it comes from, add "
                                  "--allow_pickled_code.")
    return _load(path, weights_only=True)


def _load(path: Path, **options: Any) -> Any:
    try:
        return torch.load(path, map_location="cpu", **options)
    except DAMAGED as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise ArtifactError(f"{path} cannot be read as a checkpoint ({reason}). It is damaged or not downloaded in "
                            f"full: it has {path.stat().st_size:,} bytes.") from error


def _tensors(content: Any, path: Path) -> Mapping[str, torch.Tensor]:
    """The flat state dict inside what torch.load returned."""
    if isinstance(content, torch.nn.Module):
        return content.state_dict()
    found = content
    if isinstance(content, dict) and "model_states" in content:  # disentanglement-pytorch: networks by name
        found = _only_vae(content["model_states"], path)
    elif isinstance(content, dict) and isinstance(content.get("state_dict"), dict):  # Lightning, and many others
        found = content["state_dict"]
    if isinstance(found, dict) and found and all(isinstance(value, torch.Tensor) for value in found.values()):
        return found
    what = f"a dict with {', '.join(map(str, list(found)[:5]))}" if isinstance(found, dict) else type(found).__name__
    raise ArtifactError(f"{path} holds {what}; expected a state dict, names to tensors. Save your module's "
                        "state_dict() with torch.save, or export it with unbraid.export.export_representation.")


def _only_vae(networks: Any, path: Path) -> Any:
    if not isinstance(networks, dict) or "G" not in networks:
        raise ArtifactError(f"{path} holds the networks {', '.join(networks)}; expected G, the autoencoder of "
                            "disentanglement-pytorch.")
    return networks["G"]
