"""The matrix exponential, on a GPU without asking the GPU anything."""

from __future__ import annotations

import math

import torch

DEGREE, BLOCK = 18, 3  # of the Taylor polynomial, and of the parts it is evaluated in
SQUARINGS = 5  # with this degree good up to a norm of 96; beyond 88, float32 cannot hold an exponential


def matrix_exp(matrices: torch.Tensor) -> torch.Tensor:
    """Returns the exponentials of matrices (..., m, m).

    On the CPU this is torch.matrix_exp.  On a GPU that function chooses a degree by the norms of the matrices, for
    which the host waits; there the degree and the number of squarings are fixed."""
    return torch.matrix_exp(matrices) if matrices.device.type == "cpu" else fixed_matrix_exp(matrices)


def fixed_matrix_exp(matrices: torch.Tensor) -> torch.Tensor:
    """Returns p(A / 2^s)^(2^s) with the Taylor polynomial p, by the scheme of Paterson and Stockmeyer (1973)."""
    scaled = matrices * 0.5**SQUARINGS
    square = scaled @ scaled
    powers = (torch.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device), scaled, square)
    cube = square @ scaled
    result = cube * _coefficient(DEGREE) + _block(powers, DEGREE - BLOCK)
    for order in range(DEGREE - 2 * BLOCK, -1, -BLOCK):
        result = result @ cube + _block(powers, order)
    for _ in range(SQUARINGS):
        result = result @ result
    return result


def _block(powers: tuple[torch.Tensor, ...], order: int) -> torch.Tensor:
    """The terms of `order` and the two after it, divided by A^order."""
    terms = [power * _coefficient(order + number) for number, power in enumerate(powers)]
    return terms[0] + terms[1] + terms[2]


def _coefficient(order: int) -> float:
    return 1 / math.factorial(order)
