"""unbraid-aggregate and unbraid-report as typed: files, exit statuses, sentences."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

from unbraid import __version__
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.evaluation.reporting.pages.leaderboard import report_links
from unbraid.evaluation.reporting.report import main as report


def test_every_kind_of_file_is_written(tmp_path, two_runs, capsys) -> None:
    out = tmp_path / "out"
    names = ("r.json", "r.csv", "r.parquet", "t.md", "t.tex", "t.csv")
    files = [str(out / name) for name in names]
    assert aggregate(["--result_file_pattern", str(tmp_path), "--output_path", *files[:3], "--table", *files[3:]]) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    printed = capsys.readouterr().out
    assert re.search(r"^vae\s+0\.2000", printed, re.MULTILINE)
    assert "Gaps are filled by 1 command(s), such as\n  unbraid-evaluate" in printed


def test_pages_need_no_installed_package(two_runs, monkeypatch) -> None:
    def lost(name: str) -> str:  # a package on PYTHONPATH alone has no metadata
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", lost)
    assert report([str(two_runs[0]), "--no_pictures"]) == 0
    assert f"unbraid {__version__}" in (two_runs[0] / "report.html").read_text()


def test_a_broken_file_is_named_the_rest_reported_and_the_status_is_one(tmp_path, write_result, capsys) -> None:
    write_result("whole")
    broken = write_result("broken")
    broken.write_text("{")
    status = aggregate(["--result_file_pattern", str(tmp_path), "--output_path", str(tmp_path / "r.json"),
                        "--leaderboard", str(tmp_path)])
    captured = capsys.readouterr()
    assert status == 1
    assert f"left out: {broken} cannot be read" in captured.err
    assert "0.5000" in captured.out
    assert str(broken) in (tmp_path / "leaderboard.md").read_text()
    assert (tmp_path / "r.json").is_file()


@pytest.mark.parametrize(("arguments", "message"), [
    (["--output_path", "r.xml"], r"r\.xml ends in '\.xml'; expected one of \.json, \.csv, \.parquet"),
    (["--table", "t.html"], r"t\.html ends in '\.html'; expected one of \.md, \.tex, \.csv"),
    (["--leaderboard", "board.pdf"], r"expected one of \.html, \.md"),
    (["--group_by", "nothing", "--table", "t.md", "--output_path", "r.json"],
     r"--group_by nothing: no result was trained with such a binding"),
    (["--data_set", "shapes3d"], r"Unknown data set in the results 'shapes3d'.*threeDots"),
    (["--scores", "migg"], r"Unknown score 'migg'. Did you mean mig"),
    (["--digits", "99"], r"--digits is 99; expected 0 to 15"),
])
def test_mistakes_are_one_sentence_and_status_two(tmp_path, two_runs, capsys, monkeypatch, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    assert aggregate(["--result_file_pattern", str(tmp_path), *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "t.md").exists()
    assert not (tmp_path / "r.json").exists()


def test_nothing_readable_is_status_two(tmp_path, write_result, capsys) -> None:
    write_result("a").write_text("{")
    assert aggregate(["--result_file_pattern", str(tmp_path), "--output_path", str(tmp_path / "r.json")]) == 2
    assert "None of the 1 result files can be read" in capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()


def test_a_result_is_never_overwritten(tmp_path, write_result, capsys) -> None:
    path = write_result("a")
    before = path.read_text()
    assert aggregate(["--result_file_pattern", str(path), "--output_path", str(path)]) == 2
    assert "is one of the files to read" in capsys.readouterr().err
    assert path.read_text() == before


def test_training_results_alone_make_no_table(tmp_path, capsys) -> None:
    path = tmp_path / "train.json"
    path.write_text('{"train_results.loss": 1.5, "train_config.vae.beta": "4"}')
    assert aggregate(["--result_file_pattern", str(path), "--output_path", str(tmp_path / "r.csv")]) == 0
    assert "1.5" in (tmp_path / "r.csv").read_text()
    assert aggregate(["--result_file_pattern", str(path), "--table", str(tmp_path / "t.md")]) == 2
    assert "hold no scores" in capsys.readouterr().err


def test_leaderboard_has_one_table_a_data_set(tmp_path, two_runs, write_result) -> None:
    write_result("other", data_set="shapes3d")
    assert aggregate(["--leaderboard", str(tmp_path)]) == 0
    text = (tmp_path / "leaderboard.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["shapes3d", "threeDots"]
    assert re.search(r"\| run\\_1 \| jlonevae \|.*\| \*\*0\.2000\*\* \|$", text, re.MULTILINE)


def test_a_page_escapes_what_it_is_given(tmp_path, write_result) -> None:
    write_result("<script>alert(1)", method="<b>bold</b>")
    assert aggregate(["--leaderboard", str(tmp_path)]) == 0
    page = (tmp_path / "leaderboard.html").read_text()
    assert "<b>bold</b>" not in page
    assert "<script>alert" not in page


def test_report_of_one_run_lies_in_it_and_names_what_it_lacks(two_runs) -> None:
    run = two_runs[1]
    assert report([str(run)]) == 0
    page = (run / "report.html").read_text()
    for part in ("mutual information", "x_0", "local mig by locality", "kl_loss, nats an image", "jlonevae",
                 "--gin_config dci sap_score", "--repeats 5"):
        assert part in page.lower(), part
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_report_of_several_runs_compares_them(tmp_path, two_runs) -> None:
    assert report([*map(str, two_runs), "--output_path", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    for part in ("Scores by hyperparameter", "vae.beta", "need at least 3 models", "Local MIG by locality",
                 "--gin_config dci"):
        assert part in page, part


def test_a_damaged_part_of_a_run_is_named_and_the_status_is_one(two_runs, capsys) -> None:
    run = two_runs[0]
    (run / "metrics" / "mig" / "artifacts" / "mutual_information.npz").write_bytes(b"no")
    (run / "model" / "train_log.csv").write_text("step,loss\n1,a\n")
    assert report([str(run)]) == 1
    captured = capsys.readouterr().err
    assert "mutual_information.npz is not a whole .npz file" in captured
    assert "train_log.csv cannot be read as a training log" in captured
    assert "train_log.csv cannot be read" in (run / "report.html").read_text()


def test_a_folder_that_is_no_run_is_named_beside_those_that_are(tmp_path, two_runs, capsys) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no run, as a pattern such as runs/* may give")
    arguments = [str(tmp_path / name) for name in ("run_0", "empty", "notes.txt", "gone")]
    assert report([*arguments, "--output_path", str(tmp_path / "page.html")]) == 1
    captured = capsys.readouterr().err
    assert "empty holds no run" in captured
    assert "There is no folder" in captured
    assert "notes.txt" not in captured
    assert "empty holds no run" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(("arguments", "message"), [
    (["nowhere"], "There is no folder nowhere"),
    (["."], "holds no run: expected model/, representation/ or metrics/"),
    ([".", "--output_path", "page.pdf"], r"ends in '\.pdf'; expected \.html"),
])
def test_what_is_no_run_is_said(tmp_path: Path, monkeypatch, capsys, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(arguments) == 2
    assert re.search(message, capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


def many(write_result, number: int) -> list[Path]:
    return [write_result(f"runs/{method}_{seed}", scores={"discrete_mig": 0.1 * place + seed / 100}, method=method,
                         data_set="threeDots", training={"model.random_seed": str(seed)}).parents[4]
            for place, method in enumerate(("vae", "jlonevae", "factor_vae")) for seed in range(number)]


def test_a_report_of_dozens_is_compact_and_leads_to_their_own_reports(tmp_path, write_result) -> None:
    runs = many(write_result, 5)
    assert report([str(runs[0]), "--no_pictures"]) == 0
    assert report([*map(str, runs)]) == 0
    page = (tmp_path / "runs" / "report.html").read_text()
    assert 'href="vae_0/report.html"' in page
    assert page.count("<li id=") == 15
    assert 'id="run14-scores"' not in page
    assert "vae: 0.020, 95 % interval 0.000 to 0.040, n = 5" in page
    assert page.count('<polygon class="fill') == 3, "one violin a method"
    assert report([*map(str, runs), "--no-compact", "--no_pictures"]) == 0
    assert 'id="run14-scores"' in (tmp_path / "runs" / "report.html").read_text()


def test_links_lead_to_reports_of_the_same_model(tmp_path: Path) -> None:
    for run in ("models/a", "vae/1", "factor_vae/2"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "report.html").touch()
    link = report_links(tmp_path)
    assert link(tmp_path / "models" / "a") == "models/a/report.html"
    assert link(tmp_path / "scores" / "a") == "models/a/report.html"
    assert link(tmp_path / "scores" / "b") == ""
    assert link(tmp_path / "factor_vae" / "1") == "", "another method's model of this seed"


def test_a_report_of_few_runs_describes_each_and_leaves_out_what_is_empty(tmp_path, write_result) -> None:
    runs = many(write_result, 1)
    assert report([*map(str, runs)]) == 0
    page = (tmp_path / "runs" / "report.html").read_text()
    assert 'href="#run0"' in page
    for title in ("Factors and codes", "Scores by locality", "Training"):
        assert f">{title}</h3>" not in page
    assert "What to do next" in page
