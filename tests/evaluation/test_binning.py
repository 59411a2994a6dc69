"""Codes of every scale can be binned, by every metric that bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from metric_worlds import WORLDS, TableRepresentation
from unbraid_worlds import WorldData

from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.common.errors import UserError
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.metrics.information.discretization import histogram_discretize, minmax_discretize

WORLD = WORLDS["local"]
CONFIGS = {path.stem: path for folder in ("evaluation", "presets/review_2022", "presets/clgvae_2021")
           for path in sorted((CONFIG_ROOT / folder).glob("*.gin"))
           if "discretizer." in path.read_text() and not path.stem.endswith("_base")}
CONFIGS |= {name: CONFIG_ROOT / "evaluation" / f"{name}.gin"
            for name in ("local_mig_1_0", "local_modularity_1_0", "local_irs_1_0")}
SMALL = ("num_train = 200", "num_test = 100", "num_local_clusters = 2", "num_points = 300")
LARGEST, SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).smallest_subnormal)


def two(low: float, high: float) -> Any:
    """Codes that take two values, float32."""
    return lambda stream, size: np.where(stream.uniform(size=size) < 0.5, np.float32(low), np.float32(high))


KINDS = {
    "neighbours of 0.01": two(0.01, 0.010000001),
    "ten apart at 0.5": two(0.5, 0.5000006),
    "constant 1e6": two(1e6, 1e6),
    "constant 1e30": two(1e30, 1e30),
    "denormals": lambda stream, size: stream.randint(32, size=size) * np.float32(SMALLEST),
    "two denormals": two(0, SMALLEST),
    "1e-30": lambda stream, size: np.float32(1e-30) * stream.randn(*size),
    "1e20": lambda stream, size: np.float32(1e20) * stream.randn(*size),
    "1e37": lambda stream, size: np.float32(1e37) * stream.uniform(-1, 1, size=size),
    "the whole range of float32": two(-LARGEST, LARGEST),
    "outliers": lambda stream, size: np.where(stream.uniform(size=size) < 0.01, 1e30, stream.randn(*size)),
}


def codes_of(kind: str, num_codes: int = 3) -> np.ndarray:
    """Codes (num_images, 2 num_codes) float32, of which the second half is of that kind, the first a normal one."""
    stream = np.random.RandomState(0)
    usual = WORLD.grid_values()[:, :num_codes] + stream.uniform(size=(WORLD.num_images, num_codes))
    return np.hstack([usual, KINDS[kind](stream, usual.shape)]).astype(np.float32)


def score(config: str, codes: np.ndarray) -> dict[str, Any]:
    load_metrics()
    with configured([CONFIGS[config]], []):
        import gin

        name = gin.query_parameter("evaluation.evaluation_fn").selector.rpartition(".")[2]
        wanted = [f"{name}.{size}" for size in SMALL if f"{name}.{size.split()[0]}" in gin.config_str()]
    wanted += ["local_sample_factors.denylist_factors = []"] if config.startswith("local") else []
    with configured([CONFIGS[config]], wanted):
        found = compute_scores(WorldData(WORLD), CodeTable(TableRepresentation(WORLD, codes)), artifact_dir=None)
    return {key: value for key, value in found.items() if key not in ("split", "test_points_seen_in_training")}


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_that_bins_takes_codes_of_every_scale(config: str, kind: str) -> None:
    found = score(config, codes_of(kind))
    undefined = {key for key, value in found.items() if not np.isfinite(value).all()}
    # a constant code, which leaves these undefined; minmax_scale takes small ranges for constant, too
    assert undefined <= {"mig_sup", "gaussian_total_correlation"}
    assert not undefined or "constant" in kind or config.startswith("review")


@pytest.mark.parametrize("kind", ["1e20", "1e37", "the whole range of float32"])
def test_overflow_in_float32_changes_no_score(kind: str) -> None:
    codes = codes_of(kind)
    small = np.hstack([codes[:, :3], np.ldexp(codes[:, 3:], -127)])  # exact: the codes are far from denormal
    huge, expected = (score("modularity_explicitness", columns) for columns in (codes, small))
    assert huge == pytest.approx(expected, abs=1e-6)


DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int64", "bool")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("num_bins", [1, 2, 20, 300])
def test_edges_are_numpys_where_numpy_gives_any(dtype: str, num_bins: int) -> None:
    values = (100 * np.random.RandomState(0).randn(2, 500)).astype(dtype)
    for row, labels in zip(values, histogram_discretize(values, num_bins), strict=True):
        edges = np.histogram_bin_edges(row.astype("uint8") if dtype == "bool" else row, num_bins)
        assert (labels == np.digitize(row, edges[:-1])).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("low_and_high", [
    lambda info: (0.01, np.nextafter(info.dtype.type(0.01), info.dtype.type(1))),
    lambda info: (0, info.smallest_subnormal), lambda info: (0, 31 * info.smallest_subnormal),
    lambda info: (info.min, info.max), lambda info: (info.max / 2, info.max), lambda info: (1, 1 + 7 * info.eps)])
def test_labels_ascend_with_the_values_of_any_range(dtype: str, low_and_high: Any) -> None:
    low, high = low_and_high(np.finfo(dtype))
    values = np.linspace(low, high, 9, dtype=dtype) if high < 1e4 else np.array([low, 0, high], dtype=dtype)
    values[0], values[-1] = low, high
    labels = histogram_discretize(values[np.newaxis], 20)[0]
    assert 1 <= labels[0] < labels[-1] <= 20  # repeated edges are counted, so the first label can be above 1
    assert (np.diff(labels[np.argsort(values, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("value", [0, 1e6, 1e30, -1e-40, 3e38, 65000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_code_has_one_label(value: float, dtype: str) -> None:
    for discretize in (histogram_discretize, minmax_discretize):
        assert len(np.unique(discretize(np.full((1, 50), value, dtype=dtype), 20))) == 1


def test_scaling_before_binning_takes_small_ranges_for_constant() -> None:
    codes = np.array([[0, 5e-7, 1e-6], [0, 5e-6, 1e-5]], dtype=np.float32)
    assert minmax_discretize(codes, 10).tolist() == [[1, 1, 1], [1, 6, 10]]
    assert histogram_discretize(codes, 10).tolist() == [[1, 6, 10]] * 2
    assert minmax_discretize(codes.astype(np.float64), 10)[0].tolist() == [1, 6, 10]


@pytest.mark.parametrize("discretize", [histogram_discretize, minmax_discretize])
def test_what_cannot_be_binned_is_said(discretize: Any) -> None:
    with pytest.raises(UserError, match=r"Columns \[1\] of the values to bin hold NaN or infinity"):
        discretize(np.array([[0.0, 1], [np.nan, 1]]), 20)
    with pytest.raises(UserError, match=r"num_bins is 0; expected 1 or more"):
        discretize(np.eye(2), 0)
