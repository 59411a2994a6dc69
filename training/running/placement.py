"""Where a model trains, and how its layers compute there."""

from __future__ import annotations

import torch

from ...common.commands.wording import option
from ...common.errors import ConfigurationError
from ...common.numerics.gpu_numerics import use_exact_kernels
from ...common.system.memory import keep_freed_memory
from ..objectives.objective import VAEObjective
from ..speed.compilation import compile_layers
from ..speed.fast_layers import use_fast_layers
from ..speed.precision import use_precision


def resolve_device(name: str) -> str:
    """'cpu', 'cuda', or for 'auto' whichever there is.  Raises ConfigurationError for CUDA where there is none."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError(f"{option('device', 'cuda')} was asked for, but torch sees no CUDA device here; use "
                                 f"{option('device', 'cpu')}, "
                                 "or install a torch built for CUDA and check nvidia-smi.")
    return name


def place(model: VAEObjective, device: str, precision: str = "float32", compile: bool = False) -> None:
    """Moves the model to its device and applies memory format, fast layers, precision and compilation."""
    model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if device == "cpu":
        keep_freed_memory()
    else:
        use_exact_kernels(tf32=precision == "tf32")
    if not compile:
        use_fast_layers(model, device)
    use_precision(model, precision, device)
    if compile:
        compile_layers(model, device)
