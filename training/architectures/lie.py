"""Networks with a matrix group between image and latents: Commutative Lie Group VAE's (arXiv:2106.03375), and those of
CFASL and MIPET.

The encoder turns images into group features and these into a posterior, subgroup by subgroup; the decoder turns
latents into group features by the matrix exponential and these into images.  Both ways are open one step at a time,
which the objective needs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..losses.lie_algebra import LieAlgebra, subspaces
from .layers import convolutions, dense, doubling_deconvolutions, xavier_
from .registry import architecture, require_side

DEFAULT_SUBGROUPS = (100,)


class LieEncoder(nn.Module):
    """`group_features`, then `posterior_of_features`: two small networks for each subgroup."""

    def __init__(self, image_features: nn.Module, num_latent: int, subgroup_sizes: Sequence[int],
                 subspace_sizes: Sequence[int] | None):
        super().__init__()
        self.group_features = image_features
        self.subgroup_sizes = list(subgroup_sizes)
        sizes = list(zip(subgroup_sizes, subspaces(num_latent, subspace_sizes), strict=True))
        self.means = nn.ModuleList(_group_to_latents(group, latents) for group, latents in sizes)
        self.log_variances = nn.ModuleList(_group_to_latents(group, latents) for group, latents in sizes)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.posterior_of_features(self.group_features(images))

    def posterior_of_features(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance (N, D) of group features (N, G)."""
        parts = features.split(self.subgroup_sizes, dim=1)
        mean, log_variance = (torch.cat([network(part) for network, part in zip(networks, parts, strict=True)], dim=1)
                              for networks in (self.means, self.log_variances))
        return mean, log_variance


class LieDecoder(nn.Module):
    """`algebra`, then `decode_features`."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, subgroup_sizes: Sequence[int],
                 subspace_sizes: Sequence[int] | None, basis_scale: float):
        super().__init__()
        self.algebra = LieAlgebra(subgroup_sizes, subspaces(num_latent, subspace_sizes), basis_scale)
        self.decode_features = nn.Sequential(
            *dense([sum(subgroup_sizes), 256, 1024]), nn.Unflatten(1, (64, 4, 4)),
            doubling_deconvolutions([64, 64, 32, 32, image_shape[0]]))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.decode_features(self.algebra(latents))


@architecture("lie_conv_encoder")
class LieConvEncoder(LieEncoder):
    """Images (N, C, 64, 64) -> mean and log-variance (N, D); padded convolutions, linear group features."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, subgroup_sizes: Sequence[int] = DEFAULT_SUBGROUPS,
                 subspace_sizes: Sequence[int] | None = None):
        require_side("lie_conv_encoder", image_shape, 64)
        features = nn.Sequential(
            convolutions([image_shape[0], 32, 32, 64, 64], kernels=[4, 4, 4, 4], paddings=[1, 1, 1, 1]),
            nn.Flatten(), *dense([1024, 256]), nn.Linear(256, sum(subgroup_sizes)))
        super().__init__(features, num_latent, subgroup_sizes, subspace_sizes)
        xavier_(self)


@architecture("lie_conv_decoder")
class LieConvDecoder(LieDecoder):
    """Latents (N, D) -> image logits (N, C, 64, 64) by way of the group; the basis starts at basis_scale * N(0, 1)."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, subgroup_sizes: Sequence[int] = DEFAULT_SUBGROUPS,
                 subspace_sizes: Sequence[int] | None = None, basis_scale: float = 0.001):
        require_side("lie_conv_decoder", image_shape, 64)
        super().__init__(image_shape, num_latent, subgroup_sizes, subspace_sizes, basis_scale)
        xavier_(self.decode_features)


@architecture("gist_lie_encoder")
class GistLieEncoder(LieEncoder):
    """CFASL's and MIPET's variant: unpadded convolutions; reference: group features squashed into (0, 1)."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, subgroup_sizes: Sequence[int] = DEFAULT_SUBGROUPS,
                 subspace_sizes: Sequence[int] | None = None):
        require_side("gist_lie_encoder", image_shape, 64)
        features = nn.Sequential(
            convolutions([image_shape[0], 32, 32, 64, 64], kernels=[4, 4, 4, 4], paddings=[0, 0, 0, 0]),
            nn.Flatten(), *dense([256, 256]), nn.Linear(256, sum(subgroup_sizes)), nn.Sigmoid())
        super().__init__(features, num_latent, subgroup_sizes, subspace_sizes)
        xavier_(self)


@architecture("gist_lie_decoder")
class GistLieDecoder(LieDecoder):
    """CFASL's and MIPET's variant; reference: Xavier initialisation also replaces the small basis matrices."""

    def __init__(self, image_shape: Sequence[int], num_latent: int, subgroup_sizes: Sequence[int] = DEFAULT_SUBGROUPS,
                 subspace_sizes: Sequence[int] | None = None):
        require_side("gist_lie_decoder", image_shape, 64)
        super().__init__(image_shape, num_latent, subgroup_sizes, subspace_sizes, basis_scale=1.0)
        xavier_(self)
        for basis in self.algebra.bases:
            for matrix in basis:  # fan-in and fan-out of one (1, m, m) tensor for each latent, as there
                nn.init.xavier_uniform_(matrix.detach().unsqueeze(0))


def _group_to_latents(group_size: int, num_latents: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(group_size, 4 * group_size), nn.ReLU(), nn.Linear(4 * group_size, num_latents))
