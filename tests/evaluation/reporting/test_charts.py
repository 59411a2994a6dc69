"""Charts and heat maps: round ticks, whole texts, contrast, and what is not a number."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.stats import spearmanr

from unbraid.evaluation.reporting.charts.heat_maps import (
    heat_cell,
    heat_map,
    luminance,
    read_heat_map,
    short_number,
    viridis,
)
from unbraid.evaluation.reporting.charts.line_charts import Series, bar_chart, line_chart, point_chart, wants_log
from unbraid.evaluation.reporting.charts.svg import Scale, linear_ticks, log_ticks, tick_texts
from unbraid.evaluation.reporting.pages.comparison import spearman


@pytest.mark.parametrize(("low", "high", "expected"), [
    (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-1200, -300, [-1200, -1000, -800, -600, -400]), (0.061, 0.0616, None)])
def test_ticks_are_round_and_in_range(low: float, high: float, expected: list[float] | None) -> None:
    ticks = linear_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert low - 1e-12 <= ticks[0] < ticks[-1] <= high + 1e-12
    if expected:
        assert ticks == pytest.approx(expected)


def test_logarithmic_ticks() -> None:
    assert log_ticks(1, 1000) == [1, 10, 100, 1000]
    assert log_ticks(0.005, 0.4) == pytest.approx([0.01, 0.03, 0.1, 0.3])
    assert Scale(1, 100, 0, 10, is_log=True)(10) == pytest.approx(5)


def test_long_numbers_are_shortened() -> None:
    assert tick_texts([0, 100_000, 300_000]) == ["0", "100k", "300k"]
    assert tick_texts([0, 1000]) == ["0", "1000"]
    assert tick_texts([-0.5]) == ["\N{MINUS SIGN}0.5"]


@pytest.mark.parametrize("chart", [
    line_chart("Loss", [Series("a <b>", [1, 2, 3], [3, math.nan, 1]), Series("b", [1, 3], [2, 2])], "step", "nats"),
    line_chart("One value", [Series("a", [1, 2], [5, 5])], "step", "nats", log_y=True),
    line_chart("Local", [Series("a", [0.1, 1], [0.2, 0.1], [0.1, math.nan], [0.3, math.nan])], "x", "y", marks=True),
    point_chart("By beta", [Series("vae", [1, 100], [0.1, 0.2])], "vae.beta", "mig"),
    point_chart("By network", [Series("vae", [0, 1], [0.1, 0.2])], "encoder", "mig", ["conv", "fc"]),
    bar_chart("KL", [f"z{i}" for i in range(32)], list(range(32)), "latent", "nats", [True] * 32)])
def test_charts_are_well_formed_and_say_what_they_show(chart) -> None:
    root = ElementTree.fromstring(str(chart.svg))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith(chart.title)
    assert "nan" not in str(chart.svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for x, y in re.findall(r'<text[^>]* x="([\d.-]+)" y="([\d.-]+)"', str(chart.svg)):
        assert 0 <= float(x) <= width
        assert 0 <= float(y) <= height


def test_a_wide_range_of_positive_values_wants_a_logarithm() -> None:
    assert wants_log([0.01, 10])
    assert not wants_log([1, 10])
    assert not wants_log([-1, 1000])


def test_text_on_every_colour_can_be_read() -> None:
    for share in np.linspace(0, 1, 101):
        cell = heat_cell(float(share), 0, 1, "")
        background = luminance(viridis(float(share)))
        text = 1.0 if cell.color == "#ffffff" else 0.0
        contrast = (max(background, text) + 0.05) / (min(background, text) + 0.05)
        assert contrast >= 4.5


def test_a_matrix_is_turned_and_named(tmp_path: Path) -> None:
    path = tmp_path / "importances.npz"
    np.savez(path, matrix=np.array([[0.25, 1.0], [0.75, 0.0], [0.0, np.nan]]), factor_names=np.array(["x", "shape"]))
    found = read_heat_map(path)
    assert (found.title, found.unit, found.columns) == ("DCI importance", "share", ["z0", "z1", "z2"])
    assert [(name, [cell.text for cell in cells]) for name, cells in found.rows] == [
        ("x", ["0.25", "0.75", "0"]), ("shape", ["1", "0", "-"])]
    assert found.rows[1][1][0].title == "shape, z0: 1"


def test_codes_against_codes_stay_codes(tmp_path: Path) -> None:
    np.savez(tmp_path / "mutual_information_of_codes.npz", matrix=np.eye(2), factor_names=np.array([], dtype=str))
    found = read_heat_map(tmp_path / "mutual_information_of_codes.npz")
    assert ([name for name, _ in found.rows], found.columns) == (["z0", "z1"], ["z0", "z1"])


@pytest.mark.parametrize(("content", "reason"), [
    (b"", r"is not a whole \.npz file"), (b"no archive", r"is not a whole \.npz file"),
    (None, "has no array 'matrix'")])
def test_a_damaged_matrix_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "sap.npz"
    if content is None:
        np.savez(path, other=np.eye(2))
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"sap\.npz {reason}"):
        read_heat_map(path)


def test_pickles_in_a_matrix_do_not_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "sap.npz", matrix=np.array([{"a": 1}], dtype=object), factor_names=np.array(["a"]))
    with pytest.raises(ValueError, match=r"type object and shape .* expected an array of numbers with 2 axes"):
        read_heat_map(tmp_path / "sap.npz")


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (0.424, "0.42"), (-0.5, "\N{MINUS SIGN}0.50"), (1.5, "1.50"), (13.04, "13.0"), (123.4, "123"),
    (40000, "4e4")])
def test_numbers_fit_into_cells(value: float, text: str) -> None:
    assert short_number(value) == text


def test_a_matrix_without_numbers_is_all_gaps() -> None:
    found = heat_map(np.full((1, 2), np.nan), "t", "u", "factor", "code", ["f"], ["a", "b"])
    assert [cell.text for cell in found.rows[0][1]] == ["-", "-"]


def test_rank_correlation_is_spearmans() -> None:
    values = np.random.RandomState(0).rand(3, 12)
    values[1, 3] = values[1, 4]
    np.testing.assert_allclose(spearman(values.tolist()), spearmanr(values.T).statistic, atol=1e-12)


def test_rank_correlation_uses_models_that_have_both_and_needs_three() -> None:
    nan = math.nan
    matrix = spearman([[1, 2, 3, 4], [2, 4, 9, nan], [1, 2, nan, nan], [5, 5, 5, 5]])
    assert matrix[0, 1] == pytest.approx(1)
    assert np.isnan(matrix[0, 2])
    assert np.isnan(matrix[0, 3])
