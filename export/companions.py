"""What an export of ours holds beside the representation: the posterior, and the decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .artifact import find_artifact, open_artifact
from .calling import columns_of_images
from .errors import ArtifactError, InputMismatchError
from .formats import Runner
from .record import Record


class Posterior:
    """The Gaussian posterior of a model: images (n, H, W, C) float32 in [0, 1] to mean and log-variance, (n, D) each.

    D are the latents of the model, whatever post-processing made codes of them."""

    def __init__(self, path: Path, runner: Runner, record: Record):
        self.path, self.record = path, record
        self._runner = runner

    def __call__(self, images: Any) -> tuple[np.ndarray, np.ndarray]:
        """Raises InputMismatchError when the images are not those the model was made for."""
        columns = columns_of_images(self._runner, images, self.path)
        return columns[:, : self.record.num_latents], columns[:, self.record.num_latents :]


class Decoder:
    """Codes (n, D) float32 to images (n, H, W, C) float32 in [0, 1]."""

    def __init__(self, path: Path, runner: Runner, record: Record):
        self.path, self.record = path, record
        self._runner = runner

    def __call__(self, codes: Any) -> np.ndarray:
        """Raises InputMismatchError for codes of another width."""
        codes = np.ascontiguousarray(codes, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self.record.num_latents:
            raise InputMismatchError(f"{self.path} takes codes (N, {self.record.num_latents}); got shape "
                                     f"{codes.shape}.")
        return self._runner(codes).transpose(0, 2, 3, 1)


def load_posterior(path: str | Path, backend: str = "auto", device: str = "cpu") -> Posterior:
    """Opens the posterior of an exported model: `posterior.*`, or a folder or representation file it lies beside.

    backend, device: as for `load_representation`.  Raises ArtifactError where there is none, saying why."""
    return Posterior(*_open(Path(path), "posterior", backend, device))


def load_decoder(path: str | Path, backend: str = "auto", device: str = "cpu") -> Decoder:
    """Opens the decoder of an exported model: `decoder.*`, or a folder or representation file it lies beside.

    backend, device: as for `load_representation`.  Raises ArtifactError where there is none, saying why."""
    return Decoder(*_open(Path(path), "decoder", backend, device))


def _open(path: Path, kind: str, backend: str, device: str) -> tuple[Path, Runner, Record]:
    beside = path.parent if path.is_file() and path.stem != kind else path
    file, backend = find_artifact(beside, backend, device, kind)
    runner = open_artifact(file, backend, device)
    if runner.record is None or runner.record.kind != kind:
        found = f"a {runner.record.kind}" if runner.record else "somebody else's file, without a record of unbraid"
        raise ArtifactError(f"{file} is {found}; expected a {kind} that unbraid-export wrote.")
    return file, runner, runner.record
