"""The networks a configuration names: `encoder`, `decoder` and `discriminator`, as in disentanglement_lib."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gin
from torch import nn

from ..common.errors import ConfigurationError

NetworkFn = Callable[..., nn.Module]


@gin.configurable("encoder", denylist=["image_shape"])
def make_encoder(image_shape: Sequence[int], num_latent: int = gin.REQUIRED,
                 encoder_fn: NetworkFn = gin.REQUIRED) -> nn.Module:
    """The encoder of images (C, H, W) = image_shape into D = num_latent latents."""
    if num_latent < 1:
        raise ConfigurationError(f"encoder.num_latent is {num_latent}; expected at least 1.")
    return described(encoder_fn, "encoder.encoder_fn")(image_shape=image_shape, num_latent=num_latent)


@gin.configurable("decoder", denylist=["image_shape", "num_latent"])
def make_decoder(image_shape: Sequence[int], num_latent: int, decoder_fn: NetworkFn = gin.REQUIRED) -> nn.Module:
    """The decoder of D latents into image logits (C, H, W) = image_shape."""
    return described(decoder_fn, "decoder.decoder_fn")(image_shape=image_shape, num_latent=num_latent)


@gin.configurable("discriminator", denylist=["num_latent"])
def make_discriminator(num_latent: int, discriminator_fn: NetworkFn = gin.REQUIRED) -> nn.Module:
    """The discriminator of D latents into the logits (N, 2) of "joint" and "permuted"."""
    return described(discriminator_fn, "discriminator.discriminator_fn")(num_latent=num_latent)


def described(network_fn: NetworkFn, parameter: str) -> NetworkFn:
    """`network_fn`.  Raises ConfigurationError when the parameter was bound to a value instead of a reference."""
    if not callable(network_fn):
        raise ConfigurationError(f"{parameter} is {network_fn!r}; expected a reference to an architecture, "
                                 "such as @conv_encoder.")
    return network_fn
