"""The trainings behind JL1-VAE's figures, in the order of its scripts' values.

Its baselines are models 100, 400, ..., 1600 of disentanglement_lib's study and the nine seeds after each, trained on
three-dots: the third value of every method."""

from __future__ import annotations

from ..registry import Binding, Each, Grid, Study, publish
from .disentanglement_lib import SIX_METHODS, grids

SEEDS = ("model.random_seed", Each(*range(11, 21)))


def _third_value(method: tuple[Binding, ...]) -> tuple[Binding, ...]:
    return tuple((name, value[2] if isinstance(value, Each) else value) for name, value in method)


publish("jl1_vae", Study(
    "Rhodes & Lee 2021, Local disentanglement in variational auto-encoders using Jacobian L1 regularization "
    "(arXiv:2106.02923)",
    (
        Grid("jlonevae_three_dots", (("jlonevae.gamma", Each(0.0, 0.1, 0.05, 0.2, 0.4)), SEEDS)),
        Grid("jltwovae_three_dots", (("jlonevae.gamma", Each(0.1, 0.05, 0.2, 0.4)), SEEDS)),
        *grids(("threeDotsCache",), map(_third_value, SIX_METHODS), 10),
        Grid("jlonevae_mpi3d_multi", (("jlonevae.gamma", Each(0.0, 0.01)),
                                      ("model.random_seed", Each(*range(11, 16))))),
        Grid("jlonevae_natural_images", (("jlonevae.gamma", Each(0.0, 0.01)),), is_scored=False),
        Grid("jlonevae_three_dots_small"),
    ), "jl1_2021"))
