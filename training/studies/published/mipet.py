"""MIPET's trainings on three methods and three data sets, with and without weight decay; scored on samples.

Its README leaves the number of transformations, the weight of the total correlation and hy_rec to the paper's appendix:
the configs' values stand for them.  Seeds are those of CFASL, by the same authors; the README names none."""

from __future__ import annotations

from ..registry import Binding, Each, Grid, Study, publish

SWEPT: tuple[Binding, ...] = (("AdamOptimizer.weight_decay", Each(0.0, 0.0001)),
                              ("model.random_seed", Each(*range(1, 11))))

publish("mipet", Study(
    "Jung, Jeong & Kim 2026, Multiple invertible and partial-equivariant function (arXiv:2502.03740)",
    tuple(Grid(f"mipet_{method}_{data_set}", SWEPT) for data_set in ("dsprites_full", "shapes3d", "cars3d")
          for method in ("vae", "beta_tc_vae", "commutative")),
    "mipet_2026", representations=("sampled",)))
