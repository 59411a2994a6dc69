"""Reading an exported decoder, and its derivatives where the file's format gives them."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from .artifact import BACKENDS, DEVICES
from .errors import ArtifactError, MissingBackendError
from .formats import FORMAT_NAMES, Runner, get_format, onnx_format
from .record import Record

logger = logging.getLogger(__name__)

DIFFERENTIABLE = ("torchscript", "export")  # formats that torch runs, and so can differentiate
MAX_ROWS = 256  # rows decoded at once, so that memory does not grow with what is asked for


class Decoder:
    """A decoder function: codes (n, num_latents) float32 to images (n, H, W, C) float32 in [0, 1]."""

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

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Raises ArtifactError for codes of the wrong shape."""
        codes = self._checked(codes)
        parts = [self._runner(codes[start : start + MAX_ROWS]) for start in range(0, len(codes), MAX_ROWS)]
        return self._as_images(parts)

    def derivative(self, codes: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Exact change of each image (n, H, W, C) per unit of code along `directions` (n, D), by forward-mode
        differentiation.

        Raises ArtifactError for a format that cannot be differentiated."""
        if not self.is_differentiable:
            raise ArtifactError(f"{self.path} cannot be differentiated: an ONNX graph holds no derivatives. Use a "
                                "decoder.pt or decoder.pt2 of the same model, or finite differences.")
        codes, directions = self._checked(codes), self._checked(directions)
        parts = [self._runner.derivative(codes[rows], directions[rows])  # type: ignore[attr-defined]
                 for rows in (slice(start, start + MAX_ROWS) for start in range(0, len(codes), MAX_ROWS))]
        return self._as_images(parts)

    def _checked(self, codes: np.ndarray) -> np.ndarray:
        codes = np.ascontiguousarray(codes, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self.num_latents or not len(codes):
            raise ArtifactError(f"Codes have shape {codes.shape}; {self.path} expects (n, {self.num_latents}), n > 0.")
        return codes

    def _as_images(self, parts: list[np.ndarray]) -> np.ndarray:
        return np.ascontiguousarray(np.concatenate(parts).transpose(0, 2, 3, 1))


def load_decoder(path: str | Path, backend: str = "auto", device: str = "cpu",
                 differentiable: bool = False) -> Decoder:
    """Opens a decoder: a decoder.* file, the folder with one, a run that holds one, or a representation's own folder.

    backend, device: as for `load_representation`.  differentiable: "auto" prefers a format that gives derivatives.
    Raises ArtifactError or one of its kinds, with what to do next."""
    file, backend = _find(Path(path), _backends_to_try(backend, device, differentiable))
    if backend != "onnx":
        from .formats.torch_runner import check_device

        check_device(device)
    runner = get_format(backend).open(file, device)
    record = runner.record
    if record is None or record.kind != "decoder":
        raise ArtifactError(f"{file} is {'a ' + record.kind if record else 'a graph without a record'}, no decoder that "
                            "unbraid wrote. Export the model with its decoder: unbraid-export --from CHECKPOINT, or "
                            "export_representation(..., decoder=...).")
    logger.info("Decoder %s, backend %s.", file, backend)
    return Decoder(file, backend, runner, record)


def _find(path: Path, backends: list[str]) -> tuple[Path, str]:
    if not path.exists():
        raise ArtifactError(f"There is no {path}. Give a run, or a folder that holds an exported decoder.")
    if path.is_file() and path.stem == "decoder":
        backend = {".onnx": "onnx", ".pt2": "export"}.get(path.suffix, "torchscript")
        if backend not in backends:
            raise ArtifactError(f"{path} is a file for the backend {backend}, which was not asked for or is not here.")
        return path, backend
    folder = path.parent if path.is_file() else path
    for backend in backends:
        for candidate in (folder, folder / "representation"):
            if (file := candidate / get_format(backend).decoder_file).is_file():
                return file, backend
    names = " or ".join(get_format(backend).decoder_file for backend in backends)
    raise ArtifactError(f"{folder} holds no exported decoder: expected {names}, there or in representation/. Export "
                        "the model with unbraid-export; one whose decoder is not known has none to export.")


def _backends_to_try(backend: str, device: str, differentiable: bool) -> list[str]:
    if backend not in BACKENDS or device not in DEVICES:
        raise MissingBackendError(f"Unknown backend {backend!r} or device {device!r}; expected one of "
                                  f"{', '.join(BACKENDS)}, and of {', '.join(DEVICES)}.")
    if backend != "auto":
        return [backend]
    runs_onnx = onnx_format.is_installed() and (device == "cpu" or onnx_format.has_cuda())
    names = [name for name in FORMAT_NAMES if name != "onnx" or runs_onnx]
    return sorted(names, key=lambda name: name not in DIFFERENTIABLE) if differentiable else names
