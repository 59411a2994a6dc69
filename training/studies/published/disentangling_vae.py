"""disentangling-vae's experiments: models 0 to 25 are the published checkpoints, as their specs.json say."""

from __future__ import annotations

from ..registry import Each, Grid, Study, publish

LOSSES = ("vae", "beta_h", "beta_b", "factor", "btcvae")
DATA_SETS = ("mnist", "celeba", "chairs", "dsprites_full")  # only the last has factors
MUTUAL_INFORMATION = ("beta_tc_vae.alpha", Each(-5.0, 0.0, 5.0))
UNPUBLISHED_ALPHA = ("beta_tc_vae.alpha", -1.0)  # trained by bin/train_mutual_info.sh, but not among the checkpoints


def _grid(loss: str, data_set: str, *bindings: tuple[str, object]) -> Grid:
    return Grid(f"disvae_{loss}_{data_set}", bindings, is_scored=data_set == "dsprites_full")


publish("disentangling_vae", Study(
    "Dubois et al. 2019, Disentangling VAE (github.com/YannDubs/disentangling-vae)",
    (*(_grid(loss, data_set) for data_set in DATA_SETS for loss in LOSSES),
     *(_grid("btcvae", data_set, MUTUAL_INFORMATION) for data_set in ("celeba", "dsprites_full")),
     *(_grid("btcvae", data_set, UNPUBLISHED_ALPHA) for data_set in ("celeba", "dsprites_full")),
     *(_grid(loss, "fashion") for loss in LOSSES),
     _grid("best", "celeba"), _grid("best", "dsprites_full")),
    "disentangling_vae_2019"))
