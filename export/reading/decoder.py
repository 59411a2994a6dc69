"""The decoder beside an exported representation, and its derivatives where the file's format gives them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArtifactError, InputMismatchError
from ..files.locating import Located, sha256_of
from ..files.record import Record
from ..formats import FORMAT_NAMES, Runner
from .artifact import Representation, find_artifact, open_artifact

logger = logging.getLogger(__name__)

DIFFERENTIABLE = ("torchscript", "export")  # formats that torch runs, and so can differentiate
MAX_ROWS = 256  # rows decoded at once, so that memory does not grow with what is asked for


class Decoder:
    """Codes (n, num_latents) float32 to images (n, H, W, C) float32 in [0, 1]."""

    def __init__(self, path: Path, backend: str, runner: Runner, record: Record):
        self.path, self.backend, self.record = path, backend, record
        self._runner = runner

    @property
    def num_latents(self) -> int:
        return self.record.num_latents

    @property
    def is_differentiable(self) -> bool:
        """Whether `derivative` works."""
        return self.backend in DIFFERENTIABLE

    def __call__(self, codes: Any) -> np.ndarray:
        """Raises InputMismatchError for codes of another width."""
        codes = self._checked(codes)
        return _as_images(self._runner(codes[rows]) for rows in _batches(len(codes)))

    def derivative(self, codes: Any, directions: Any) -> np.ndarray:
        """Exact change of each image (n, H, W, C) per unit of code along `directions` (n, D), by forward-mode
        differentiation.

        Raises ArtifactError for a format that cannot be differentiated."""
        if not self.is_differentiable:
            raise ArtifactError(f"{self.path} cannot be differentiated: an ONNX graph holds no derivatives. Use a "
                                "decoder.pt or decoder.pt2 of the same model, or finite differences.")
        codes, directions = self._checked(codes), self._checked(directions)
        return _as_images(self._runner.derivative(codes[rows], directions[rows])  # type: ignore[attr-defined]
                          for rows in _batches(len(codes)))

    def _checked(self, codes: Any) -> np.ndarray:
        codes = np.ascontiguousarray(codes, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self.num_latents or not len(codes):
            raise InputMismatchError(f"{self.path} takes codes (N, {self.num_latents}); got shape {codes.shape}.")
        return codes


def load_decoder(path: str | Path, backend: str = "auto", device: str = "cpu") -> Decoder:
    """Opens the decoder of an exported model: `decoder.*`, or a folder or representation file it lies beside.

    backend, device: as for `load_representation`.  Raises ArtifactError where there is none, saying why."""
    file, backend = _find_decoder(Path(path), backend, device)
    runner = open_artifact(file, backend, device)
    record = runner.record
    if record is None or record.kind != "decoder":
        found = f"a {record.kind}" if record else "somebody else's file, without a record of unbraid"
        raise ArtifactError(f"{file} is {found}; expected a decoder that unbraid-export wrote.")
    logger.info("Decoder %s, backend %s.", file, backend)
    return Decoder(file, backend, runner, record)


def decoder_of(representation: Representation) -> Decoder:
    """Opens the decoder beside a representation: on its device, and in its format where there is one in that.

    Raises ArtifactError where there is none."""
    if representation.backend in FORMAT_NAMES:
        with contextlib.suppress(ArtifactError):
            return load_decoder(representation.path, representation.backend, representation.device)
    return load_decoder(representation.path, "auto", representation.device)


def decoder_sha256(path: Path) -> str:
    """Content hash of the decoder that `load_decoder` opens; "" where there is none."""
    try:
        file, backend = _find_decoder(path)
    except ArtifactError:
        return ""
    return sha256_of(Located(file, backend))


def _find_decoder(given: Path, backend: str = "auto", device: str = "cpu") -> tuple[Path, str]:
    beside = given.parent if given.is_file() and given.stem != "decoder" else given
    return find_artifact(beside, backend, device, "decoder")


def _batches(num: int) -> Iterator[slice]:
    return (slice(start, start + MAX_ROWS) for start in range(0, num, MAX_ROWS))


def _as_images(batches: Iterator[np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(np.concatenate(list(batches)).transpose(0, 2, 3, 1))
