"""Commutative Lie Group VAE's published settings; its ten runs have no seeds, ours have 0 to 9."""

from __future__ import annotations

from ..registry import Each, Grid, Study, publish

publish("lie_group_vae", Study(
    "Zhu, Xu & Tao 2021, Commutative Lie group VAE for disentanglement learning (arXiv:2106.03375)",
    tuple(Grid(f"commutative_lie_group_vae_{data_set}", (("model.random_seed", Each(*range(10))),))
          for data_set in ("dsprites_full", "shapes3d")),
    "clgvae_2021"))
