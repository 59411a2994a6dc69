"""Matrix groups as latent spaces: z -> expm(sum_j z_j A_j), subgroup by subgroup (arXiv:2106.03375, section 3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

from ...common.errors import ConfigurationError
from .matrix_exponential import matrix_exp


class LieAlgebra(nn.Module):
    """A basis matrix for every latent; each subgroup of size m * m has the latents of its own subspace."""

    def __init__(self, subgroup_sizes: Sequence[int], subspace_sizes: Sequence[int], basis_scale: float = 0.001):
        """subgroup_sizes: m * m for each.  subspace_sizes: number of latents of each.  basis_scale: initial standard
        deviation of the entries."""
        super().__init__()
        _check_sizes(subgroup_sizes, subspace_sizes)
        self.subspace_sizes = list(subspace_sizes)
        self.bases = nn.ParameterList(
            basis_scale * torch.randn(latents, math.isqrt(size), math.isqrt(size))
            for size, latents in zip(subgroup_sizes, subspace_sizes, strict=True))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Group features (N, sum of subgroup sizes) of latents (N, D): the matrices, row by row, side by side."""
        parts = latents.split(self.subspace_sizes, dim=1)
        algebra = [torch.einsum("nd,dij->nij", part, basis) for part, basis in zip(parts, self.bases, strict=True)]
        return torch.cat([matrix_exp(matrices).flatten(1) for matrices in algebra], dim=1)

    def hessian_penalty(self) -> torch.Tensor:
        """sum over subgroups of the mean over all pairs (a, b) of ||A_b A_a||_F^2, with a = b counting as 0.

        Zero where every latent moves the image along its own one-parameter subgroup (eq. 9)."""
        return self._mean_over_pairs(lambda products: products)

    def commutator_penalty(self, transpose: bool = False) -> torch.Tensor:
        """sum over subgroups of the mean over all pairs of ||A_a A_b - A_b A_a||_F^2 (eq. 8).

        transpose: reference: the original code subtracts the transpose of each product instead."""
        if transpose:
            return self._mean_over_pairs(lambda products: products - products.transpose(2, 3))
        return self._mean_over_pairs(lambda products: products - products.transpose(0, 1))

    def _mean_over_pairs(self, of_products: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        total = torch.zeros((), dtype=self.bases[0].dtype, device=self.bases[0].device)
        for basis in self.bases:
            if len(basis) < 2:
                continue
            products = torch.einsum("aij,bjk->abik", basis, basis)
            squares = of_products(products).square().sum(dim=(2, 3))
            total = total + (squares.sum() - squares.diagonal().sum()) / len(basis) ** 2
        return total


def subspaces(num_latent: int, subspace_sizes: Sequence[int] | None) -> list[int]:
    """The sizes given, or one subspace of all latents.  Raises ConfigurationError when they do not add up to D."""
    sizes = [num_latent] if subspace_sizes is None else list(subspace_sizes)
    if sum(sizes) != num_latent:
        raise ConfigurationError(f"subspace_sizes {sizes} add up to {sum(sizes)} latents, but encoder.num_latent is "
                                 f"{num_latent}.")
    return sizes


def _check_sizes(subgroup_sizes: Sequence[int], subspace_sizes: Sequence[int]) -> None:
    squares = all(math.isqrt(size) ** 2 == size for size in subgroup_sizes)
    if len(subgroup_sizes) != len(subspace_sizes) or not squares:
        raise ConfigurationError(f"subgroup_sizes {list(subgroup_sizes)} with subspace_sizes {list(subspace_sizes)}; "
                                 "expected as many subgroups as subspaces, each size a square number such as 100.")
