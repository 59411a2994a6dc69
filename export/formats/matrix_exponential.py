"""The matrix exponential in ONNX, which has none: a Taylor series, scaled and squared."""

from __future__ import annotations

from typing import Any

import numpy as np

SQUARINGS = 4
ORDER = 18  # with four squarings good to float32 up to a norm of 64, where the exponential leaves float32


def translations() -> dict[Any, Any]:
    """What `torch.onnx.export` has to know beyond its own operators."""
    import torch

    return {torch.ops.aten.linalg_matrix_exp.default: _matrix_exponential}


def _matrix_exponential(matrices: Any) -> Any:
    """(..., m, m) float32 to the same shape: Horner's scheme for sum_k A^k / k!."""
    from onnxscript import opset20 as op

    size = matrices.shape[-1]

    def constant(matrix: np.ndarray) -> Any:
        # Factors are whole matrices: ONNX Runtime 1.2x loses a node when it fuses a scalar one with MatMul.
        return op.Constant(value=_tensor(matrix))

    identity = constant(np.eye(size))
    scaled = op.Mul(matrices, constant(np.full((size, size), 0.5**SQUARINGS)))
    result = identity
    for order in range(ORDER, 0, -1):
        result = op.Add(op.MatMul(op.Mul(scaled, constant(np.full((size, size), 1 / order))), result), identity)
    for _ in range(SQUARINGS):
        result = op.MatMul(result, result)
    return result


def _tensor(value: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(value, dtype=np.float32))
