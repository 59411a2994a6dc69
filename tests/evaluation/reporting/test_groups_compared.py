"""Groups of seeds compared: figures by radius, violins, scatter plots, and t tests with their n."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from unbraid.evaluation.reporting.aggregate import main
from unbraid.evaluation.reporting.comparing.columns import columns_of
from unbraid.evaluation.reporting.comparing.group_plots import groups_figure, local_families, scatter_figure
from unbraid.evaluation.reporting.comparing.group_tests import compare, holm
from unbraid.evaluation.reporting.comparing.grouping import groups_of
from unbraid.evaluation.reporting.reading.result_files import find_result_files, read_result_files
from unbraid.evaluation.reporting.reading.scores import models_of, results_of

SCORES = {"vae": [0.10, 0.12, 0.15, 0.11], "jlonevae": [0.30, 0.22, 0.28, 0.27]}
RADII = ("0.1", "0.3", "1.0")


@pytest.fixture
def runs(tmp_path: Path, write_result) -> Path:
    for method, scores in SCORES.items():
        for seed, score in enumerate(scores):
            training = {"model.random_seed": str(seed)}
            write_result(f"{method}_{seed}", "mig", {"discrete_mig": score}, method=method, training=training)
            for radius in RADII:
                write_result(f"{method}_{seed}", f"local_mig_{radius.replace('.', '_')}",
                             {"discrete_mig": score / float(radius)}, method=method, training=training,
                             settings={"evaluation.evaluation_fn": "@local_mig",
                                       "local_sample_factors.locality_proportion": radius})
    return tmp_path


def groups_and_columns(folder: Path, chosen=()):
    results = results_of(read_result_files(find_result_files([folder])).rows)
    return groups_of(models_of(results), ["method"]), columns_of(results, chosen)


@pytest.mark.parametrize(("test", "reference"), [
    ("welch", lambda a, b: stats.ttest_ind(a, b, equal_var=False)), ("paired", stats.ttest_rel)])
def test_the_tests_are_scipys(runs: Path, test: str, reference) -> None:
    groups, columns = groups_and_columns(runs, ["mig"])
    (found,) = compare(groups, columns, test)
    first, second = (SCORES[name] for name in found.groups)
    assert found.groups == ("jlonevae", "vae")
    assert found.num == (4, 4)
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second))
    assert found.p_value == pytest.approx(reference(first, second).pvalue)
    assert found.adjusted == found.p_value  # one comparison alone


def test_paired_values_are_matched_by_seed_not_by_order(runs: Path, write_result) -> None:
    write_result("vae_9", "mig", {"discrete_mig": 5.0}, method="vae", training={"model.random_seed": "9"})
    groups, columns = groups_and_columns(runs, ["mig"])
    (found,) = compare(groups, columns, "paired")  # the seed that one group lacks is left out
    assert found.p_value == pytest.approx(stats.ttest_rel(SCORES["jlonevae"], SCORES["vae"]).pvalue)


def test_holm_is_the_published_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert np.isnan(holm([float("nan"), 0.02])[0])
    assert holm([float("nan"), 0.02])[1] == 0.02


def test_local_scores_are_lines_over_the_radius(runs: Path) -> None:
    groups, columns = groups_and_columns(runs)
    families = local_families(groups, columns)
    assert [(name, list(family)) for name, family in families.items()] == [
        ("local_mig on dsprites_full", [0.1, 0.3, 1.0])]
    figure = groups_figure(groups, columns)
    lines, violins = figure.axes[0], figure.axes[1]
    drawn = lines.containers[0].lines[0]
    np.testing.assert_allclose(np.array(drawn.get_xdata(), float), [0.1, 0.3, 1.0])
    np.testing.assert_allclose(np.array(drawn.get_ydata(), float),
                               [np.mean(SCORES["jlonevae"]) / radius for radius in (0.1, 0.3, 1)])
    assert violins.get_title() == "mig"
    assert len(violins.collections) >= 2  # a violin each


def test_scatter_has_a_point_for_each_model(runs: Path) -> None:
    groups, columns = groups_and_columns(runs, ["mig", "local_mig_0_1"])
    axes = scatter_figure(groups, *columns).axes[0]
    assert sum(len(line.get_xdata()) for line in axes.get_lines()) == 8
    assert axes.get_title() == "8 models, Spearman's rank correlation 1.00"


def test_command_draws_and_tests(runs: Path, capsys) -> None:
    figures = [runs / f"figure{suffix}" for suffix in (".svg", ".pdf", ".png")]
    scatter = runs / "scatter.svg"
    assert main(["--result_file_pattern", str(runs), "--group_by", "method", "--test", "welch", "--figure",
                 *map(str, figures), "--scatter", "mig", "local_mig_0_1", str(scatter)]) == 0
    printed = capsys.readouterr().out
    assert "Welch's t test, two-sided; p (Holm) corrects for all rows." in printed
    assert all(path.stat().st_size > 1000 for path in (*figures, scatter))
    assert all(f"Written: {path}" in printed for path in (*figures, scatter))


@pytest.mark.parametrize(("arguments", "message"), [
    (["--figure", "figure.gif"], "figure.gif is no figure that can be written; expected a name ending in .svg"),
    (["--scatter", "mig", "mgi", "s.svg"], "Unknown score 'mgi'. Did you mean mig?")])
def test_figures_that_cannot_be_drawn(runs: Path, arguments, message, capsys) -> None:
    assert main(["--result_file_pattern", str(runs), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_models_without_distinct_seeds_are_not_paired(runs: Path, write_result, capsys) -> None:
    write_result("again", "mig", {"discrete_mig": 0.2}, method="vae", training={"model.random_seed": "0"})
    assert main(["--result_file_pattern", str(runs), "--group_by", "method", "--test", "paired"]) == 2
    assert "--test paired needs one model for each training seed, but vae has models" in capsys.readouterr().err
