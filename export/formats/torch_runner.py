"""Runs a torch module that was read from a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

from ...common.commands.wording import option
from ...common.numerics.gpu_numerics import use_exact_kernels
from ...common.numerics.plain_arrays import plain
from ..errors import ArtifactError, MissingBackendError
from ..files.record import Record
from .signature import UNKNOWN, Signature


def flattened(output: Any, name: str = "") -> dict[str, Any]:
    """Every tensor among a module's outputs, with dots between the levels; a lone tensor is "0".

    Named by key of a dict, field of a dataclass or named tuple, position in a tuple or list."""
    if isinstance(output, torch.Tensor):
        return {name or "0": output}
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(output, Mapping):
        parts = output.items()
    elif dataclasses.is_dataclass(output) and not isinstance(output, type):
        parts = [(field.name, getattr(output, field.name)) for field in dataclasses.fields(output)]
    elif isinstance(output, (tuple, list)):
        parts = zip(getattr(output, "_fields", range(len(output))), output, strict=True)
    named: dict[str, Any] = {}
    for key, part in parts:
        named |= flattened(part, f"{name}.{key}" if name else str(key))
    return named


class TorchRunner:
    """One module on one device, from float32 array to float32 array, without gradients."""

    def __init__(self, module: Any, device: str, record: Record | None, signature: Signature = UNKNOWN):
        self.module, self._device, self.record, self.signature = module, device, record, signature
        self.provider = f"torch {device}"
        if device != "cpu":
            use_exact_kernels()

    def __call__(self, values: np.ndarray) -> np.ndarray:
        output = self._run(values)
        if not isinstance(output, torch.Tensor):
            raise ArtifactError(f"The model returns a {type(output).__name__}; a representation returns one tensor of "
                                "codes (N, D). Export the module again with unbraid.export.export_representation.")
        return output.to("cpu", torch.float32).numpy()

    def seed_noise(self, seed: int) -> None:
        """Sets torch's global generators, on which a graph of torch draws."""
        torch.manual_seed(seed)

    def all_outputs(self, values: np.ndarray, dtype: str) -> dict[str, np.ndarray]:
        """Every tensor among the outputs, see `flattened`; bfloat16, which numpy lacks, as float32."""
        outputs = flattened(self._run(values, getattr(torch, dtype)))
        return {name: (item.float() if item.dtype is torch.bfloat16 else item).to("cpu").numpy()
                for name, item in outputs.items()}

    def derivative(self, values: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """The exact directional derivative of the output at `values`, by forward-mode differentiation."""
        with torch.no_grad():
            derivative = torch.func.jvp(self.module, (self._send(values),), (self._send(directions),))[1]
        return derivative.to("cpu", torch.float32).numpy()

    def _run(self, values: np.ndarray, dtype: torch.dtype | None = None) -> Any:
        with torch.inference_mode():
            return self.module(self._send(values, dtype))

    def _send(self, values: np.ndarray, dtype: torch.dtype | None = None) -> torch.Tensor:
        tensor = torch.from_numpy(plain(values))
        return tensor.to(self._device, dtype, non_blocking=True)


def check_device(device: str) -> None:
    """Raises MissingBackendError when CUDA is asked for where torch sees none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise MissingBackendError(f"CUDA was asked for ({option('device', 'cuda')}), but torch sees no GPU here. Use "
                                  f"{option('device', 'cpu')}.")
