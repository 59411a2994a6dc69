"""The papers of training methods, by gin's name of a method: keys of `papers.bib`.

The table stands here because reports load no training code; a test compares it with the registered methods."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..reading.scores import unquoted

METHODS: dict[str, tuple[str, ...]] = {
    "vae": ("kingma2014auto", "higgins2017beta"),
    "annealed_vae": ("burgess2018understanding",),
    "factor_vae": ("kim2018disentangling",),
    "dip_vae": ("kumar2018variational",),
    "beta_tc_vae": ("chen2018isolating",),
    "jlonevae": ("rhodes2021local",),
    "control_vae": ("shao2020controlvae",),
    "commutative_lie_group_vae": ("zhu2021commutative",),
    "cfasl": ("jung2024cfasl",),
    "mipet": ("jung2025multiple",),
    "group_vae_argmax": ("locatello2020weakly",),
    "mlvae_argmax": ("locatello2020weakly",),
    "group_vae_labels": ("hosoya2019group",),
    "mlvae_labels": ("bouchacourt2018multi",),
    "s2_vae": ("locatello2020disentangling", "higgins2017beta"),
    "s2_factor_vae": ("locatello2020disentangling", "kim2018disentangling"),
    "s2_dip_vae": ("locatello2020disentangling", "kumar2018variational"),
    "s2_beta_tc_vae": ("locatello2020disentangling", "chen2018isolating"),
    "s2_mine_vae": ("locatello2020disentangling", "belghazi2018mutual", "higgins2017beta"),
    "supervised": ("locatello2020disentangling",),
}


def papers_of_method(method: str, training: Mapping[str, str]) -> Iterator[str]:
    """Keys of a method's papers, and of those of the method that it wraps.

    training: the training's bindings as text.  A VAE whose beta is known to be 1 is not cited as a beta-VAE."""
    keys = METHODS.get(method, ())
    yield from keys[:1] if method == "vae" and _number(training.get("vae.beta")) == 1 else keys
    if base := unquoted(training.get(f"{method}.base")):
        yield from papers_of_method(base, training)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
