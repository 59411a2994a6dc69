"""What the Lie group VAE and the commutative models of CFASL and MIPET store alike."""

from __future__ import annotations

from collections.abc import Sequence

from .filling import Filling
from .state import State


def group_sizes(state: State) -> tuple[list[int], list[int]]:
    """Sizes of the subgroups and of their subspaces of latents."""
    count = max(1, state.count(lambda i: f"encoder.to_means.{i}.0.weight"))
    subgroups = [state.size(f"encoder.to_means.{i}.0.weight", 1, default=100) for i in range(count)]
    subspaces = [state.size(f"encoder.to_means.{i}.2.weight", 0, default=10) for i in range(count)]
    return subgroups, subspaces


def take_subgroups(encoder: Filling, count: int) -> Filling:
    """The networks from each subgroup's features to its means and log-variances."""
    for i in range(count):
        encoder.take(f"means.{i}", [f"encoder.to_means.{i}.0", f"encoder.to_means.{i}.2"])
        encoder.take(f"log_variances.{i}", [f"encoder.to_logvar.{i}.0", f"encoder.to_logvar.{i}.2"])
    return encoder


def take_algebra(decoder: Filling, subspaces: Sequence[int]) -> Filling:
    """One basis matrix for each latent: theirs in one list, ours stacked by subgroup."""
    start = 0
    for i, latents in enumerate(subspaces):
        keys = [f"decoder.lie_alg_basis_ls.{j}" for j in range(start, start + latents)]
        decoder.take_stacked(f"algebra.bases.{i}", keys)
        start += latents
    return decoder
