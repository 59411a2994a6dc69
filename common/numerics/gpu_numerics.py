"""How a GPU computes in float32: in full precision, and alike every time."""

from __future__ import annotations

import re

from ..commands.wording import option

# What CUDA's libraries say, by way of PyTorch or ONNX Runtime, of memory that is not there.
OUT_OF_MEMORY = re.compile(r"out of memory|failed to allocate memory|CUBLAS_STATUS_ALLOC_FAILED", re.IGNORECASE)
# Beginnings of their other complaints, which say nothing of the images or codes they were given.
DEVICE_FAILURE = re.compile(r"CUDA (error|failure)|CUDNN_STATUS|CUBLAS_STATUS|cuDNN error", re.IGNORECASE)


def use_exact_kernels(tf32: bool = False) -> None:
    """Has PyTorch compute on GPUs in full float32, with kernels that give the same bits every time.

    TF32 keeps 10 of the 23 bits of a float32's fraction.  PyTorch has it on for convolutions, where it changes codes by
    up to 1e-3.  tf32: allow it, for convolutions and matrix products."""
    import torch

    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


def failure_of_device(error: BaseException) -> str | None:
    """Returns a sentence for an error that is about the GPU, not about what it was given; else None."""
    text = str(error)
    if OUT_OF_MEMORY.search(text) or type(error).__name__ == "OutOfMemoryError":
        return ("The GPU has too little free memory. Use a smaller batch size, end other programs that use it "
                f"(nvidia-smi lists them), or use {option('device', 'cpu')}.")
    if DEVICE_FAILURE.search(text):
        first_line = text.strip().splitlines()[0].rstrip(".")
        return f"The GPU failed: {first_line}. Check it with nvidia-smi, or use {option('device', 'cpu')}."
    return None
