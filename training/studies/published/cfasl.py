"""CFASL's grid of values: four methods, each alone and with CFASL, on four data sets, ten seeds; scored on samples."""

from __future__ import annotations

from ..registry import Binding, Each, Grid, Study, publish

DATA_SETS = ("dsprites_full", "shapes3d", "cars3d", "smallnorb")
METHODS: dict[str, Binding] = {
    "beta_vae": ("vae.beta", Each(1.0, 2.0, 4.0, 6.0)),
    "beta_tc_vae": ("beta_tc_vae.beta", Each(1.0, 2.0, 4.0, 6.0)),
    "control_vae": ("control_vae.c_max", Each(10.0, 12.0, 14.0, 16.0)),
    "commutative": ("commutative_lie_group_vae.hy_rec", Each(0.1, 0.2, 0.5, 0.7)),
}
OF_CFASL: tuple[Binding, ...] = (("cfasl.epsilon", Each(0.1, 0.01)), ("cfasl.threshold", Each(0.2, 0.5)))
SEEDS = ("model.random_seed", Each(*range(1, 11)))


def _grids(data_set: str) -> tuple[Grid, ...]:
    return (*(Grid(f"gist_{method}_{data_set}", (value, SEEDS)) for method, value in METHODS.items()),
            *(Grid(f"cfasl_{method}_{data_set}", (value, *OF_CFASL, SEEDS)) for method, value in METHODS.items()))


publish("cfasl", Study(
    "Jung, Jeong & Kim 2024, Composite factor-aligned symmetry learning (arXiv:2401.08897)",
    tuple(grid for data_set in DATA_SETS for grid in _grids(data_set)),
    "cfasl_2024", representations=("sampled",)))
