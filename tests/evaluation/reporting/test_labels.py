"""Models that were trained elsewhere: method and seed from their names or from a CSV file."""

import os
from pathlib import Path

import pytest

from unbraid.common.errors import UserError
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.evaluation.reporting.reading.labels import _of_pattern, label
from unbraid.evaluation.reporting.reading.result_files import find_result_files, read_result_files
from unbraid.evaluation.reporting.reading.scores import models_of, results_of
from unbraid.evaluation.reporting.report import main as report

TABLE = "model,method,seed,beta\n" + "".join(f"{method}_beta4_seed{seed},{method},{seed},4\n"
                                             for method in ("vae", "tcvae") for seed in range(3))


@pytest.fixture
def imported(tmp_path: Path, write_result) -> Path:
    """Six scored models of two methods, without anything of a training."""
    for method in ("vae", "tcvae"):
        for seed in range(3):
            write_result(f"{method}_beta4_seed{seed}", "mig", {"discrete_mig": 0.1 * seed}, method="",
                         training={"model.model": "", "model.random_seed": ""})
    (tmp_path / "labels.csv").write_text(TABLE)
    return tmp_path


@pytest.mark.parametrize("labels", ["{method}_beta{beta}_seed{seed}", "labels.csv"])
def test_labels_stand_for_what_a_training_would_have_recorded(imported: Path, labels: str, monkeypatch, capsys) -> None:
    monkeypatch.chdir(imported)
    rows = read_result_files(find_result_files([imported])).rows
    label(rows, labels)
    models = models_of(results_of(rows))
    assert {(model.first.method, model.seed, model.first.hyperparameters["label.beta"]) for model in models} == {
        (method, str(seed), "4") for method in ("vae", "tcvae") for seed in range(3)}
    assert aggregate(["--result_file_pattern", str(imported), "--table", "table.md", "--labels", labels]) == 0
    table = Path("table.md").read_text()
    assert "| vae" in table
    assert "| tcvae" in table
    assert report([*map(str, imported.glob("*_seed*")), "--no_pictures", "--labels", labels,
                   "--output_path", "page.html"]) == 0
    assert "tcvae" in Path("page.html").read_text()


@pytest.mark.parametrize(("labels", "message"), [
    ("nothing", "is no pattern: expected names in braces"), ("{seed}_{seed}", "is no pattern"),
    ("{method}-{seed}", "fits no model's folder, such as .*_seed"), ("missing.csv", "cannot be read: "),
    ("bad.csv", "one of them 'model'"), ("pipe.csv", "pipe.csv is a pipe; expected a CSV file")])
def test_labels_that_say_nothing_are_refused(imported: Path, labels: str, message: str, monkeypatch) -> None:
    monkeypatch.chdir(imported)
    Path("bad.csv").write_text("name,seed\na,1\n")
    os.mkfifo("pipe.csv")
    with pytest.raises(UserError, match=message):
        label(read_result_files(find_result_files([imported])).rows, labels)


@pytest.mark.parametrize(("pattern", "name", "expected"), [
    ("{method}_{seed}", "beta_vae_0", {"method": "beta_vae", "seed": "0"}),
    ("{method}-{beta}-{seed}", "factor-vae-4-12", {"method": "factor-vae", "beta": "4", "seed": "12"}),
    ("{method}_s{seed}", "dip_vae_s3", {"method": "dip_vae", "seed": "3"}),
    ("{method}/{seed}", "models/beta_vae/7", {"method": "beta_vae", "seed": "7"}),
    ("{method}_{seed}", "beta_vae_last", {}),
])
def test_patterns_split_names_as_people_read_them(pattern: str, name: str, expected: dict[str, str]) -> None:
    assert _of_pattern(pattern)(f"runs/{name}") == expected


def test_a_table_of_unknown_models_says_how_to_name_them(imported: Path, capsys) -> None:
    assert aggregate(["--result_file_pattern", str(imported), "--table", str(imported / "t.md")]) == 0
    assert "6 models record no method" in capsys.readouterr().out
    assert aggregate(["--result_file_pattern", str(imported), "--labels", "{method}_beta{beta}_seed{seed}"]) == 0
    assert "record no method" not in capsys.readouterr().out
