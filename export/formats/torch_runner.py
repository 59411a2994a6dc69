"""Runs a torch module that was read from a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..errors import ArtifactError, MissingBackendError
from ..files.record import Record
from . import as_runtimes_take_it


class TorchRunner:
    """One module on one device, from float32 array to float32 array, without gradients."""

    def __init__(self, module: Any, device: str, record: Record | None):
        self.module, self._device, self.record = module, device, record
        self.provider = f"torch {device}"

    def __call__(self, values: np.ndarray) -> np.ndarray:
        output = self._run(values)
        if not isinstance(output, torch.Tensor):
            raise ArtifactError(f"The model returns a {type(output).__name__}; a representation returns one tensor of "
                                "codes (N, D). Export the module again with unbraid.export.export_representation.")
        return output.to("cpu", torch.float32).numpy()

    def all_outputs(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Every tensor among the outputs: by key of a dict, by position in a tuple."""
        output = self._run(values)
        if isinstance(output, dict):
            named = {str(name): item for name, item in output.items()}
        else:
            named = {str(i): item for i, item in enumerate(output if isinstance(output, (tuple, list)) else [output])}
        return {name: item.to("cpu").numpy() for name, item in named.items() if isinstance(item, torch.Tensor)}

    def derivative(self, values: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """The exact directional derivative of the output at `values`, by forward-mode differentiation."""
        primals, tangents = (torch.from_numpy(as_runtimes_take_it(array)).to(self._device)
                             for array in (values, directions))
        with torch.no_grad():
            derivative = torch.func.jvp(self.module, (primals,), (tangents,))[1]
        return derivative.to("cpu", torch.float32).numpy()

    def _run(self, values: np.ndarray) -> Any:
        with torch.inference_mode():
            return self.module(torch.from_numpy(as_runtimes_take_it(values)).to(self._device))


def check_device(device: str) -> None:
    """Raises MissingBackendError when CUDA is asked for where torch sees none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise MissingBackendError("CUDA was asked for (--device cuda), but torch sees no GPU here. Use --device cpu.")
