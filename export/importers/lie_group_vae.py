"""zhuxinqimac/CommutativeLieGroupVAE-Pytorch: `model.pt`, of the Lie group VAE or of one of its baselines."""

from __future__ import annotations

import logging
from collections.abc import Collection

from .filling import Filling, Imported, fill
from .lie_filling import group_sizes, take_algebra, take_subgroups
from .registry import BaseSource, source
from .state import State

logger = logging.getLogger(__name__)

CONVOLUTIONS = {"channels": [32, 32, 64, 64], "kernel": 4, "padding": 1, "hidden": [256]}


@source("lie_group_vae")
class LieGroupVAE(BaseSource):
    """`--model=lie_group`: group features, then a small network for each subgroup."""

    project = "zhuxinqimac/CommutativeLieGroupVAE-Pytorch"

    def matches(self, keys: Collection[str]) -> bool:
        return "encoder.prior_group.0.weight" in keys

    def convert(self, state: State) -> Imported:
        image_shape = (state.size("encoder.prior_group.0.weight", 1, default=1), 64, 64)
        subgroups, subspaces = group_sizes(state)
        sizes = {"subgroup_sizes": subgroups, "subspace_sizes": subspaces}
        encoder = Filling("lie_conv_encoder", image_shape, sum(subspaces), **sizes)
        encoder.take("group_features", [f"encoder.prior_group.{i}" for i in (0, 2, 4, 6, 9, 11)])
        take_subgroups(encoder, len(subgroups))
        if "decoder.fake_exp.0.weight" in state.tensors:
            logger.warning("%s was trained with no_exp; its decoder has no group and is left out.", state.path)
            return fill(state, encoder, ignored=["decoder."])
        decoder = Filling("lie_conv_decoder", image_shape, sum(subspaces), **sizes)
        decoder.take("decode_features", [f"decoder.post_exp.{i}" for i in (0, 2, 5, 7, 9, 11)])
        return fill(state, encoder, take_algebra(decoder, subspaces))


@source("lie_group_vae_conv")
class ConvolutionalBaseline(BaseSource):
    """`beta_celeb`, `factor_conv_vae`, `dip_conv_vae_i`, `dip_conv_vae_ii`: one head, all means first."""

    project = LieGroupVAE.project

    def matches(self, keys: Collection[str]) -> bool:
        return {"encoder.0.weight", "encoder.11.weight"} <= set(keys)

    def convert(self, state: State) -> Imported:
        image_shape = (state.size("encoder.0.weight", 1, default=1), 64, 64)
        num_latent = state.size("encoder.11.weight", 0, default=20) // 2
        encoder = Filling("plain_conv_encoder", image_shape, num_latent, **CONVOLUTIONS)
        encoder.take("features", [f"encoder.{i}" for i in (0, 2, 4, 6, 9)]).take_halves("head", "encoder.11")
        decoder = Filling("deconv_decoder", image_shape, num_latent)
        return fill(state, encoder, decoder.take("layers", [f"decoder.{i}" for i in (0, 2, 5, 7, 9, 11)]))


@source("lie_group_vae_dense")
class DenseBaseline(BaseSource):
    """`beta_shapes`, `factor_vae`, `dip_vae_i`, `dip_vae_ii`: dense layers of 1200 units, one head, all means first."""

    project = LieGroupVAE.project

    def matches(self, keys: Collection[str]) -> bool:
        return {"encoder.1.weight", "encoder.5.weight", "decoder.6.weight"} <= set(keys)

    def convert(self, state: State) -> Imported:
        image_shape = (state.size("encoder.1.weight", 1, default=4096) // 4096, 64, 64)
        num_latent = state.size("encoder.5.weight", 0, default=20) // 2
        encoder = Filling("fc_encoder", image_shape, num_latent)
        encoder.take("features", ["encoder.1", "encoder.3"]).take_halves("head", "encoder.5")
        decoder = Filling("fc_decoder", image_shape, num_latent)
        return fill(state, encoder, decoder.take("layers", [f"decoder.{i}" for i in (0, 2, 4, 6)]))
