"""A live network or function of images, as an artifact's reader would give it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import to_array
from ...export.errors import ArtifactError
from ...export.reading.artifact import NO_HINTS


class LiveRepresentation:
    """Codes of a torch module, or of a function of images (N, H, W, C); of (mean, log-variance) the mean.

    A module is copied, and evaluated without gradients where its parameters lie."""

    record = None
    code_names: Sequence[str] = ()
    backend = provider = "python"
    device = "cpu"
    hints = NO_HINTS
    understanding = None
    batch_dependence = None
    allow_batch_dependence = False
    path = Path("live model")

    def __init__(self, encoder: Callable[[Any], Any]):
        is_module = hasattr(encoder, "state_dict")
        self._module = _of_module(encoder) if is_module else None
        self._encode = self._module or encoder
        self.sha256 = _weights_sha256(encoder) if is_module else ""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) float32 in [0, 1] to codes (n, D).  Raises UserError for other shapes of codes."""
        found = self._encode(images)
        codes = to_array(found[0] if isinstance(found, (tuple, list)) else found)
        if codes.ndim != 2 or len(codes) != len(images):
            raise UserError(f"The encoder gives an array of shape {codes.shape} for {len(images)} images; expected "
                            f"codes ({len(images)}, num_codes).")
        return codes

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
        if not isinstance(found, (tuple, list)) or len(found) < 2:
            raise ArtifactError("The module gives codes only, and no posterior, which this metric needs. Return "
                                "(mean, log-variance).")
        return to_array(found[0]), to_array(found[1])


def _of_module(module: Any) -> Callable[[np.ndarray], Any]:
    """A function of images (n, H, W, C) that gives what a copy of the module gives, without gradients."""
    import torch

    network = copy.deepcopy(module).eval()
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))

    def encode(images: np.ndarray) -> Any:
        inputs = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).to(device)
        with torch.no_grad():
            return network(inputs)

    return encode


def _weights_sha256(module: Any) -> str:
    """Hash of a module's weights, which tells results of different weights apart."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(to_array(tensor).tobytes())
    return digest.hexdigest()
