"""BibTeX of exactly the metrics and methods of a run."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import unbraid
from unbraid.evaluation.__main__ import main as evaluate
from unbraid.evaluation.reporting.citing.bibliography import bibtex, papers
from unbraid.evaluation.reporting.citing.methods import METHODS, papers_of_method
from unbraid.evaluation.reporting.report import main as report
from unbraid.metrics.catalogue import declarations
from unbraid.training.objectives.registry import methods


def keys(text: str) -> list[str]:
    return re.findall(r"@\w+\{(\w+),$", text, re.MULTILINE)


@pytest.fixture
def codes(tmp_path: Path) -> list[str]:
    np.savez(tmp_path / "codes.npz", codes=np.arange(60) % 7, factors=np.arange(60) % 7)
    return ["--codes", str(tmp_path / "codes.npz"), "--output_dir", str(tmp_path / "run")]


def test_every_metric_and_method_has_papers_and_no_paper_is_left_over() -> None:
    used = {name: metric.citations for name, metric in declarations().items()} | METHODS
    assert not [name for name, citations in used.items() if not citations]
    assert {key for citations in used.values() for key in citations} == papers().keys()
    assert METHODS.keys() == set(methods())


def test_entries_are_well_formed() -> None:
    for key, entry in papers().items():
        assert re.match(rf"@(article|inproceedings)\{{{key},\n", entry)
        assert entry.count("{") == entry.count("}")
        fields = dict(re.findall(r"^  (\w+) += \{(.+)\},$", entry, re.MULTILINE))
        assert {"author", "title", "year"} <= fields.keys()
        assert {"booktitle", "journal"} & fields.keys()
        assert {"eprint", "url"} & fields.keys()
        assert key.startswith(re.sub(r"\W", "", fields["author"].split(",")[0].split()[-1]).lower())
        assert fields["year"] in key


def test_papers_are_sorted_and_named_once() -> None:
    assert keys(bibtex(["kim2018disentangling", "chen2018isolating", "kim2018disentangling"])) == [
        "chen2018isolating", "kim2018disentangling"]


@pytest.mark.parametrize(("method", "training", "expected"), [
    ("vae", {}, ["kingma2014auto", "higgins2017beta"]),
    ("vae", {"vae.beta": "4.0"}, ["kingma2014auto", "higgins2017beta"]),
    ("vae", {"vae.beta": "1.0"}, ["kingma2014auto"]),
    ("cfasl", {"cfasl.base": "@mipet()", "mipet.base": "@beta_tc_vae()"},
     ["jung2024cfasl", "jung2025multiple", "chen2018isolating"]),
    ("somebodys", {}, [])])
def test_a_method_is_cited_with_what_it_wraps(method: str, training: dict[str, str], expected: list[str]) -> None:
    assert list(papers_of_method(method, training)) == expected


def test_commands_print_the_papers_of_what_was_scored(codes: list[str], tmp_path: Path,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate([*codes, "--gin_config", "unsupervised", "irs", "--cite"]) == 0
    expected = ["locatello2019challenging", "suter2019robustly"]
    assert keys(capsys.readouterr().out) == expected
    assert report([str(tmp_path / "run"), "--cite"]) == 0
    assert keys(capsys.readouterr().out) == expected
    assert not (tmp_path / "run" / "report.html").exists()
    assert report([str(tmp_path / "run")]) == 0
    assert keys((tmp_path / "run" / "report.html").read_text()) == expected


def test_a_run_s_method_is_cited(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report([str(exported.parent), "--cite"]) == 0
    assert keys(capsys.readouterr().out) == ["higgins2017beta", "kingma2014auto"]


def test_a_table_of_scores_has_its_papers() -> None:
    factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    assert keys(unbraid.score(factors + 0.0, factors, metrics=["mig", "mig_sup"]).bibtex) == [
        "chen2018isolating", "li2020progressive"]
