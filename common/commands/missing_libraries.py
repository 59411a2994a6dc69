"""Libraries that the extras bring, and the sentence for where they are missing."""

from __future__ import annotations

# Scores of arrays need none of these; see docs/architecture.md, "A light core".
OF_EXTRAS = ("torch", "onnx", "onnxscript", "tensorboard")


def missing_library(error: ImportError) -> str | None:
    """What to install for an import that failed; None for a module that belongs to no extra."""
    library = (error.name or "").partition(".")[0]
    if library not in OF_EXTRAS:
        return None
    return (f"This needs {library}, which is not installed: pip install 'unbraid[cpu]', or 'unbraid[gpu]' on a machine "
            f"with an NVIDIA GPU; 'unbraid[torch]' has it without ONNX Runtime.")
