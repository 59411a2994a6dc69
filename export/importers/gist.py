"""GIST-IRR's CFASL and MIPET-VAEs: `model.pt` in `checkpoint-<step>`, networks alike but for what trains them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from ..files.symmetries import cfasl_symmetries
from .filling import Filling, Imported, fill
from .lie_filling import group_sizes, take_algebra, take_subgroups
from .registry import BaseSource, source
from .state import State

CONVOLUTIONS = [f"encoder.hidden_layers.{i}.conv" for i in range(4)]
DECONVOLUTIONS = [*(f"decoder.hidden_layers.{i}.conv" for i in range(3)), "decoder.hidden_layers.3"]
GROUP = "group_action_layer"
DEAD = ("encoder.dense.", "encoder.mu.", "encoder.logvar.")  # stored, but no forward pass of a commutative model


@source("cfasl")
class CFASL(BaseSource):
    """All eight model types; the group action acts in training only, so it is no part of the networks."""

    project = "GIST-IRR/CFASL"

    def matches(self, keys: Collection[str]) -> bool:
        return "encoder.hidden_layers.0.conv.weight" in keys and not _transformations(keys)

    def convert(self, state: State) -> Imported:
        is_commutative = _is_commutative(state)
        encoder, decoder = commutative_networks(state) if is_commutative else plain_networks(state)
        imported = fill(state, encoder, decoder, ignored=[*(DEAD if is_commutative else ()), f"{GROUP}."])
        # The original's selector takes exp(mean / 2) for the second image's standard deviation.
        elements = cfasl_symmetries(state.tensors, f"{GROUP}.group_elements", f"{GROUP}.linear.0", std2="mean")
        return dataclasses.replace(imported, symmetries=elements)


@source("mipet")
class MIPET(BaseSource):
    """The three model types; the representation is the encoder's mean, before any transformation."""

    project = "GIST-IRR/MIPET-VAEs"

    def matches(self, keys: Collection[str]) -> bool:
        return "encoder.hidden_layers.0.conv.weight" in keys and _transformations(keys)

    def convert(self, state: State) -> Imported:
        is_commutative = _is_commutative(state)
        networks = commutative_networks(state) if is_commutative else plain_networks(state)
        encoder, inner = networks
        prefixes = ["inv_equ"] if is_commutative else [
            f"inv_equ.{i}" for i in range(max(1, state.count(lambda i: f"inv_equ.{i}.w1")))]
        inner_name = "gist_lie_decoder" if is_commutative else "gist_cnn_decoder"
        decoder = Filling("mipet_decoder", encoder.image_shape, encoder.num_latent, decoder=inner_name,
                          decoder_options=inner.options, num_transformations=len(prefixes))
        decoder.take_network("decoder", inner)
        for i in range(2):
            decoder.take_stacked(f"generators.{i}", [f"{prefix}.w{i + 1}" for prefix in prefixes], new_axis=True)
        ignored = [f"{prefix}.subobj." for prefix in prefixes] + list(DEAD if is_commutative else ())
        return fill(state, encoder, decoder, ignored)


def plain_networks(state: State) -> tuple[Filling, Filling]:
    """The convolutional encoder and decoder."""
    image_shape = _image_shape(state)
    num_latent = state.size("encoder.mu.weight", 0, default=10)
    options = {"num_hidden": state.size("encoder.dense.weight", 0, default=256)}
    encoder = Filling("gist_cnn_encoder", image_shape, num_latent, **options)
    encoder.take("features", [*CONVOLUTIONS, "encoder.dense"]).take("head", ["encoder.mu", "encoder.logvar"])
    decoder = Filling("gist_cnn_decoder", image_shape, num_latent, **options)
    return encoder, decoder.take("layers", _decoder_layers())


def commutative_networks(state: State) -> tuple[Filling, Filling]:
    """The encoder and decoder with a matrix group between image and latents."""
    subgroups, subspaces = group_sizes(state)
    options = {"subgroup_sizes": subgroups, "subspace_sizes": subspaces}
    encoder = Filling("gist_lie_encoder", _image_shape(state), sum(subspaces), **options)
    encoder.take("group_features", [*CONVOLUTIONS, "encoder.dense1", "encoder.dense2"])
    take_subgroups(encoder, len(subgroups))
    decoder = Filling("gist_lie_decoder", _image_shape(state), sum(subspaces), **options)
    return encoder, take_algebra(decoder.take("decode_features", _decoder_layers()), subspaces)


def _decoder_layers() -> Sequence[str]:
    return ["decoder.dense1", "decoder.dense2", *DECONVOLUTIONS]


def _image_shape(state: State) -> tuple[int, int, int]:
    return state.size("encoder.hidden_layers.0.conv.weight", 1, default=1), 64, 64


def _is_commutative(state: State) -> bool:
    return "encoder.to_means.0.0.weight" in state.tensors


def _transformations(keys: Collection[str]) -> bool:
    return any(key.startswith("inv_equ.") for key in keys)
