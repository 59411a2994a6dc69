"""A live network or function of images, as an artifact's reader would give it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UserError, one_sentence
from ...common.numerics.array_likes import to_array
from ...common.numerics.generators import seed_generators
from ...export.errors import ArtifactError
from ...export.reading.artifact import NO_HINTS


class LiveRepresentation:
    """Codes of a torch module, or of a function of images (N, H, W, C); of (mean, log-variance) the mean.

    A module, or a method of one, is evaluated without gradients where its parameters lie."""

    record = None
    code_names: Sequence[str] = ()
    backend = provider = "python"
    device = "cpu"
    hints = NO_HINTS
    understanding = None
    batch_dependence = None
    allow_batch_dependence = False
    path = Path("live model")

    def __init__(self, encoder: Callable[[Any], Any], copied: bool = True):
        """copied: whether a copy of the module is put into evaluation mode; otherwise the caller sees to the mode."""
        self._owner = module_of(encoder)
        self._module = None if self._owner is None else _of_module(encoder, self._owner, copied)
        self._encode = self._module or encoder

    @cached_property
    def sha256(self) -> str:
        """Hash of a module's weights; empty for a function."""
        return "" if self._owner is None else _weights_sha256(self._owner)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) float32 in [0, 1] to codes (n, D).  Raises UserError for other shapes of codes."""
        return codes_of(self._encode(images), len(images))

    def seed_noise(self, seed: int) -> None:
        """See `seed_generators`."""
        seed_generators(seed)

    def is_deterministic(self, images: np.ndarray) -> bool:
        """Whether the encoder answers alike when it is asked twice."""
        return bool(np.array_equal(self(images), self(images)))

    def live_posterior(self) -> LivePosterior:
        """The posterior of a torch module that gives one.  Raises ArtifactError for a function of images."""
        if self._module is None:
            raise ArtifactError("A function of images to codes has no posterior, which this metric needs. Give a torch "
                                "module that returns (mean, log-variance), or the path of an exported one.")
        return LivePosterior(self._module)


class LivePosterior:
    """Means and log-variances (n, D) each of images (n, H, W, C)."""

    batch_dependence = None

    def __init__(self, module: Callable[[np.ndarray], Any]):
        self._module = module

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Raises ArtifactError for a module that gives codes only."""
        found = self._module(images)
        if not _is_posterior(found) or len(found) < 2:
            raise ArtifactError("The module gives codes only, and no posterior, which this metric needs. Return "
                                "(mean, log-variance).")
        return to_array(found[0]), to_array(found[1])


def codes_of(found: Any, num_images: int) -> np.ndarray:
    """Codes (num_images, num_codes) of what an encoder returned: codes, or (mean, log-variance).

    Raises UserError for other shapes."""
    codes = to_array(found[0] if _is_posterior(found) else found, "the encoder's output")
    if codes.ndim != 2 or len(codes) != num_images:
        raise UserError(f"The encoder gives an array of shape {codes.shape} for {num_images} images; expected "
                        f"codes ({num_images}, num_codes).")
    return codes


def _is_posterior(found: Any) -> bool:
    """Whether an encoder returned (mean, log-variance), arrays of two dimensions, rather than a list of rows."""
    return isinstance(found, (tuple, list)) and bool(found) and len(getattr(found[0], "shape", np.shape(found[0]))) == 2


def module_of(encoder: Any) -> Any:
    """The torch module that an encoder is, or is a method of; None for another function."""
    owner = encoder if hasattr(encoder, "state_dict") else getattr(encoder, "__self__", None)
    return owner if hasattr(owner, "state_dict") else None


def as_input(values: Any, module: Any) -> Any:
    """A tensor where the module's parameters lie, and of their precision if it holds floats."""
    import torch

    parameter = next((found for found in module.parameters() if found.is_floating_point()), torch.empty(0))
    tensor = torch.as_tensor(values).to(parameter.device)
    return tensor.to(parameter.dtype) if tensor.is_floating_point() else tensor


def nchw(images: np.ndarray) -> np.ndarray:
    """Images (n, H, W, C) with the channels first, as modules of torch expect them."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def asked(encoder: Any) -> Callable[[Any], Any]:
    """How a torch module, or a method of one, is asked: a function of tensors to codes, or to (mean, log-variance).

    A module's `encode` is asked if it has one, and what it returns is understood as in an export."""
    import torch

    if not isinstance(module_of(encoder), torch.nn.Module):
        return encoder
    from ...export.writing.own_models import as_encoder, codes_or_posterior

    network = as_encoder(encoder)
    return lambda images: codes_or_posterior(network(images))


def _of_module(encoder: Any, module: Any, copied: bool) -> Callable[[np.ndarray], Any]:
    """A function of images (n, H, W, C) to what the encoder, `module` or a method of it, is understood to give."""
    import torch

    network = copy.deepcopy(module).eval() if copied else module
    call = asked(network if encoder is module else getattr(network, encoder.__name__))

    def encode(images: np.ndarray) -> Any:
        inputs = as_input(nchw(images), network)
        try:
            with torch.no_grad():
                return call(inputs)
        except UserError:
            raise
        except (RuntimeError, ValueError, TypeError) as error:  # the module's own, which its traceback shows
            raise UserError(f"The encoder fails on images (N, C, H, W) = {tuple(inputs.shape)}: "
                            f"{one_sentence(error)}") from error

    return encode


def _weights_sha256(module: Any) -> str:
    """Hash of a module's weights, which tells results of different weights apart."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(to_array(tensor).tobytes())
    return digest.hexdigest()
