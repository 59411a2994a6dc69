"""nmichlo/disent: a Lightning checkpoint, of whose objects only the tensors are read."""

from __future__ import annotations

from collections.abc import Collection

from .filling import Filling, Imported, fill
from .registry import BaseSource, source
from .state import State

ENCODER, DECODER = "_model._encoder.model.", "_model._decoder.model."
# The decoder's output is a picture or a logit, scaled or not, as the configuration said, which is not read.
DROPPED = (DECODER, "_dfc_loss.")


@source("disent")
class Disent(BaseSource):
    """Conv64, FC and Linear, as VAEs (means first) or autoencoders; the decoder's input width tells which.

    Its decoders are left out."""

    project = "nmichlo/disent"
    normalises = True

    def matches(self, keys: Collection[str]) -> bool:
        return any(key.startswith(ENCODER) for key in keys)

    def convert(self, state: State) -> Imported:
        if f"{ENCODER}0.weight" in state.tensors:
            return _convolutional(state)
        return _dense(state)


def _convolutional(state: State) -> Imported:
    image_shape = (state.size(f"{ENCODER}0.weight", 1, default=1), 64, 64)
    num_latent = state.size(f"{DECODER}0.weight", 1, default=10)
    is_gaussian = state.size(f"{ENCODER}11.weight", 0, default=20) != num_latent
    encoder = Filling("plain_conv_encoder", image_shape, num_latent, channels=[32, 32, 64, 64], kernel=4, padding=2,
                      hidden=[256], gaussian=is_gaussian)
    encoder.take("features", [f"{ENCODER}{i}" for i in (0, 2, 4, 6, 9)])
    _take_head(encoder, f"{ENCODER}11", is_gaussian)
    return fill(state, encoder, ignored=DROPPED)


def _dense(state: State) -> Imported:
    """FC: two layers of 1200 units and a head at 5.  Linear: a head at 1."""
    is_linear = f"{ENCODER}3.weight" not in state.tensors
    image_shape = (state.size(f"{ENCODER}1.weight", 1, default=4096) // 4096, 64, 64)
    num_latent = state.size(f"{DECODER}0.weight", 1, default=10)
    head = f"{ENCODER}{1 if is_linear else 5}"
    is_gaussian = state.size(f"{head}.weight", 0, default=20) != num_latent
    encoder = Filling("plain_dense_encoder", image_shape, num_latent, hidden=[] if is_linear else [1200, 1200],
                      gaussian=is_gaussian)
    encoder.take("features", [] if is_linear else [f"{ENCODER}1", f"{ENCODER}3"])
    _take_head(encoder, head, is_gaussian)
    return fill(state, encoder, ignored=DROPPED)


def _take_head(encoder: Filling, layer: str, is_gaussian: bool) -> Filling:
    return encoder.take_halves("head", layer) if is_gaussian else encoder.take_layer("head", layer)
