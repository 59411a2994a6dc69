"""Columns that never mix, groups with their spread, and tables ready for a paper."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from unbraid.common.errors import UnknownNameError, UserError
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.evaluation.reporting.comparing.columns import cell_of, columns_of, labels_of
from unbraid.evaluation.reporting.comparing.grouping import default_keys, groups_of
from unbraid.evaluation.reporting.comparing.missing_scores import fill_commands
from unbraid.evaluation.reporting.pages.comparison import locality_charts
from unbraid.evaluation.reporting.pages.run_summary import score_rows
from unbraid.evaluation.reporting.reading.result_files import find_result_files, read_result_files
from unbraid.evaluation.reporting.reading.runs import read_run
from unbraid.evaluation.reporting.reading.scores import Model, Result, models_of, results_of
from unbraid.evaluation.reporting.tables.paper_tables import comma_separated, escape_latex, latex, markdown
from unbraid.evaluation.reporting.tables.score_tables import plain_table, score_table


def read(folder: Path) -> tuple[list[Model], list[Result]]:
    results = results_of(read_result_files(find_result_files([folder])).rows)
    return models_of(results), results


def labels(folder: Path) -> list[str]:
    return labels_of(columns_of(read(folder)[1]))


def test_data_sets_have_columns_of_their_own(tmp_path, write_result) -> None:
    write_result("a", data_set="dsprites_full")
    write_result("b", data_set="shapes3d")
    assert labels(tmp_path) == ["mig, dsprites_full", "mig, shapes3d"]


def test_settings_have_columns_of_their_own_and_name_only_what_differs(tmp_path, write_result) -> None:
    for run, num_train in (("a", "1000"), ("b", "10000")):
        write_result(run, settings={"mig.num_train": num_train, "discretizer.num_bins": "20"})
    assert labels(tmp_path) == ["mig, num_train = 1000", "mig, num_train = 10000"]
    models, results = read(tmp_path)
    assert [[cell_of(model, column) is not None for column in columns_of(results)] for model in models] == [
        [True, False], [False, True]]


def test_presets_have_columns_of_their_own_and_name_them(tmp_path, write_result) -> None:
    for run, preset, num_train in (("a", "'dlib_2019'", "10000"), ("b", "'clgvae'", "1000")):
        write_result(run, settings={"mig.num_train": num_train, "evaluation.preset": preset})
    assert labels(tmp_path) == ["mig, preset = 'dlib_2019'", "mig, preset = 'clgvae'"]
    write_result("c", settings={"mig.num_train": "1000", "evaluation.preset": "'dlib_2019'"})  # changed by a binding
    assert labels(tmp_path) == ["mig, preset = 'dlib_2019', num_train = 10000", "mig, preset = 'clgvae'",
                                "mig, preset = 'dlib_2019', num_train = 1000"]


def test_mean_and_sampled_codes_have_columns_of_their_own(tmp_path, write_result) -> None:
    write_result("a")
    write_result("b", postprocess="sampled_representation")
    assert len(labels(tmp_path)) == 2


def test_a_parameter_that_only_later_versions_record_splits_nothing(tmp_path, write_result) -> None:
    write_result("old", settings={"mig.num_train": "10"})
    write_result("new", settings={"mig.num_train": "10", "mig.nan_factors": "'keep'", "evaluation.global_seed": "7"})
    assert labels(tmp_path) == ["mig"]


def test_seeds_of_the_evaluation_are_one_score_of_a_model(tmp_path, write_result) -> None:
    for seed, score in enumerate((0.1, 0.2, 0.6)):
        write_result("a", scores={"discrete_mig": score}, seed=seed)
    (model,), results = read(tmp_path)
    cell = cell_of(model, columns_of(results)[0])
    assert cell is not None
    assert cell.mean == pytest.approx(0.3)
    assert sorted(cell.values) == [0.1, 0.2, 0.6]


def test_a_report_never_takes_other_settings_for_seeds(tmp_path, write_result) -> None:
    write_result("a", "mig", {"discrete_mig": 0.1}, settings={"mig.num_train": "10"})
    path = write_result("a", "mig_more", {"discrete_mig": 0.3}, settings={"mig.num_train": "20"})
    path.write_text(path.read_text().replace("'mig_more'", "'mig'").replace("@mig_more", "@mig"))
    rows = score_rows(read_run(tmp_path / "a", "a"))
    assert [(row.metric, row.score, row.num_seeds) for row in rows] == [
        ("mig, num_train = 10", "0.1000", 1), ("mig, num_train = 20", "0.3000", 1)]


def test_a_line_by_locality_never_mixes_settings(tmp_path, write_result) -> None:
    for number, num_train in enumerate(("10", "20")):
        for locality in ("0.1", "1.0"):
            write_result("a", f"local_{locality}_{number}", {"discrete_mig": float(locality) + number},
                         settings={"evaluation.evaluation_fn": "@local_mig", "local_mig.num_train": num_train,
                                   "local_sample_factors.locality_proportion": locality})
    (chart,) = locality_charts(read(tmp_path)[0])
    assert [label for _, label in chart.legend] == ["a, local_mig.num_train = 10", "a, local_mig.num_train = 20"]


def test_scores_are_chosen_by_metric_and_key(tmp_path, write_result) -> None:
    write_result("a")
    write_result("a", "dci", {"informativeness_test": 0.9, "disentanglement": 0.1, "completeness": 0.2})
    _, results = read(tmp_path)
    assert labels_of(columns_of(results, ["dci:completeness", "mig", "dci"])) == [
        "dci completeness", "mig", "dci disentanglement"]
    with pytest.raises(UnknownNameError, match=r"Unknown score 'dci:complete'.*Did you mean dci:completeness"):
        columns_of(results, ["dci:complete"])


def test_a_group_has_mean_and_standard_deviation_over_its_models(tmp_path, write_result) -> None:
    scores = (0.2, 0.3, 0.7)
    for seed, score in enumerate(scores):
        write_result(f"a{seed}", scores={"discrete_mig": score},
                     training={"vae.beta": "4", "model.random_seed": str(seed)})
    write_result("b", scores={"discrete_mig": 0.5}, training={"vae.beta": "16"})
    models, results = read(tmp_path)
    assert default_keys(models) == ["method", "vae.beta"]
    four, sixteen = groups_of(models)
    spread = four.spread(columns_of(results)[0])
    assert (four.label, four.num_seeds) == ("vae, beta = 4", 3)
    assert (spread.mean, spread.sd, spread.num) == (pytest.approx(0.4), pytest.approx(statistics.stdev(scores)), 3)
    assert math.isnan(sixteen.spread(columns_of(results)[0]).sd)


def test_groups_sort_by_number_and_take_short_keys(tmp_path, write_result) -> None:
    for beta in ("16", "4", "1"):
        write_result(f"b{beta}", training={"vae.beta": beta, "vae_optimizer.beta": "0"})
    models, _ = read(tmp_path)
    assert [group.values for group in groups_of(models, ["vae.beta"])] == [("1",), ("4",), ("16",)]
    with pytest.raises(UserError, match=r"--group_by beta is ambiguous; give one of: vae\.beta, vae_optimizer\.beta"):
        groups_of(models, ["beta"])
    with pytest.raises(UserError, match=r"--group_by vae\.bta: no result was trained.*Did you mean vae\.beta"):
        groups_of(models, ["vae.bta"])


def test_what_a_group_averages_over_is_said(tmp_path, write_result) -> None:
    for beta in ("16", "4"):
        write_result(f"b{beta}", training={"vae.beta": beta})
    models, results = read(tmp_path)
    table = score_table(groups_of(models, ["method"]), columns_of(results))
    assert table.notes == ["vae: averages over vae.beta = 4, 16; separate them with --group_by vae.beta."]


@pytest.fixture
def compared(tmp_path, write_result):
    """Two methods, two seeds each, one of which lacks the unsupervised scores."""
    for seed, (vae, jlonevae) in enumerate(((0.1, 0.3), (0.2, 0.4))):
        for method, score in (("vae", vae), ("jlonevae", jlonevae)):
            write_result(f"{method}_{seed}", scores={"discrete_mig": score}, method=method,
                         training={"model.random_seed": str(seed)})
    for method, score in (("vae", 2.0), ("jlonevae", 1.0)):
        write_result(f"{method}_0", "unsupervised", {"gaussian_total_correlation": score}, method=method)
    models, results = read(tmp_path)
    return score_table(groups_of(models, ["method"]), columns_of(results), digits=2)


def test_markdown_marks_the_best_in_its_direction_and_says_the_seeds(compared) -> None:
    text = markdown(compared)
    assert "| method | mig | unsupervised | seeds |" in text
    assert "| jlonevae | **0.35** ± 0.07 | **1.00** (n = 1) | 2 |" in text
    assert "| vae | 0.15 ± 0.07 | 2.00 (n = 1) | 2 |" in text
    assert "Lower is better: unsupervised." in text


def test_latex_is_complete(compared) -> None:
    text = latex(compared)
    assert r"jlonevae & \textbf{0.35} $\pm$ 0.07 & \textbf{1.00} ($n$ = 1) & 2 \\" in text
    for part in (r"\toprule", r"\bottomrule", r"\begin{tabular}{lrrr}", r"\end{table}", "% unbraid-evaluate"):
        assert part in text
    assert escape_latex("a_b & 5% --x {y}") == r"a\_b \& 5\% -{}-x \{y\}"


def test_the_table_as_csv_has_all_digits(compared) -> None:
    rows = comma_separated(compared).splitlines()
    assert rows[0] == ("method,mig mean,mig sd,mig models,unsupervised mean,unsupervised sd,unsupervised models,seeds")
    label, *numbers = rows[1].split(",")
    assert (label, numbers[4]) == ("jlonevae", "")
    assert [float(number) for number in numbers if number] == pytest.approx(
        [0.35, statistics.stdev([0.3, 0.4]), 2, 1.0, 1, 2], rel=1e-14)


def test_ties_as_printed_are_all_best(tmp_path, write_result) -> None:
    for run, method, score in (("a", "vae", 0.50001), ("b", "dip_vae", 0.50002), ("c", "factor_vae", 0.4)):
        write_result(run, scores={"discrete_mig": score}, method=method)
    models, results = read(tmp_path)
    text = plain_table(score_table(groups_of(models), columns_of(results), digits=3))
    assert text.count("*0.500") == 2
    assert "*0.400" not in text


def test_a_score_that_could_not_be_computed_is_no_gap(tmp_path, write_result) -> None:
    write_result("a", scores={"discrete_mig": None})
    models, results = read(tmp_path)
    table = score_table(groups_of(models), columns_of(results))
    assert table.rows[0][1][0].text() == "undefined"
    assert table.commands == []


def test_gaps_come_with_the_command_that_fills_them(tmp_path, write_result) -> None:
    write_result("a")
    write_result("a", "dci", {"disentanglement": 0.1})
    write_result("a", "irs", {"IRS": 0.1})
    write_result("b")
    write_result("other", data_set="shapes3d")
    models, results = read(tmp_path)
    commands = fill_commands(models, columns_of(results))
    assert commands == {"b": [f"unbraid-evaluate --model_dir {tmp_path}/b/representation --output_dir "
                              f"{tmp_path}/b/metrics --resume --gin_config dci irs"]}


def test_a_gap_of_other_settings_is_filled_beside_what_is_there(tmp_path, write_result) -> None:
    write_result("a", settings={"mig.num_train": "1000"})
    write_result("b", settings={"mig.num_train": "10000"})
    models, results = read(tmp_path)
    commands = fill_commands(models, columns_of(results))
    assert commands["a"] == [
        f"unbraid-evaluate --model_dir {tmp_path}/a/representation "
        f"--output_dir {tmp_path}/a/metrics/mig_num_train_10000 --gin_config mig "
        "--gin_bindings \"evaluation.name = 'mig'\" 'mig.num_train = 10000'"]


def test_a_gap_of_sampled_codes_needs_an_export(tmp_path, write_result) -> None:
    write_result("a")
    write_result("b", postprocess="sampled_representation")
    models, results = read(tmp_path)
    export, evaluate = fill_commands(models, columns_of(results))["a"]
    assert export == (f"unbraid-export --model_dir {tmp_path}/a/model --output_dir {tmp_path}/a/representation_sampled "
                      "--gin_config sampled")
    assert f"--output_dir {tmp_path}/a/metrics/mig_sampled " in evaluate


@pytest.mark.parametrize(("path", "model", "metric"), [
    ("r/a/metrics/mig/results/aggregate/evaluation.json", "r/a", "mig"),
    ("r/a/metrics/mig/repeats/3/results/aggregate/evaluation.json", "r/a", "mig"),
    ("output/s/12/metrics/mean/dci/results/aggregate/evaluation.json", "output/s/12/mean", "dci"),
    ("out/a/mig/results/aggregate/evaluation.json", "out/a", "mig"),
])
def test_the_place_of_a_file_tells_its_model(path, model, metric) -> None:
    (result,) = results_of([{"path": path, "evaluation_results.x": 1.0}])
    assert (result.model, result.metric) == (model, metric)


def test_a_table_shows_the_interval_of_the_mean_over_models(tmp_path, write_result) -> None:
    scores = [0.2, 0.5, 0.6, 0.3]
    for seed, score in enumerate(scores):
        write_result(f"run_{seed}", scores={"discrete_mig": score}, training={"model.random_seed": str(seed)})
    models, results = read(tmp_path)
    table = score_table(groups_of(models), columns_of(results), 3, spread="interval")
    low, high = stats.t.interval(0.95, 3, loc=np.mean(scores), scale=stats.sem(scores))
    assert f"0.400 ± {(high - low) / 2:.3f}" in plain_table(table)
    assert "± half of the mean's 95 % interval" in markdown(table)
    assert aggregate(["--result_file_pattern", str(tmp_path), "--spread", "interval", "--digits", "3", "--table",
                      str(tmp_path / "t.tex")]) == 0
    text = (tmp_path / "t.tex").read_text()
    assert f"$\\pm$ {(high - low) / 2:.3f}" in text
    assert r"95 \% interval" in text, "a bare % would end the line"
