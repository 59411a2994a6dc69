"""The aggregate of disentanglement_lib: its files load here, ours are its DataFrame; broken files are named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from unbraid.common.errors import UserError
from unbraid.evaluation.reporting.data_frame import (
    aggregate_results_to_json,
    data_frame,
    load_aggregated_json_results,
    write_frame,
)
from unbraid.evaluation.reporting.reading.result_files import find_result_files, read_result_files
from unbraid.evaluation.reporting.reading.scores import models_of, results_of

GOLDENS = Path(__file__).parent / "goldens"
PATTERN = "goldens/*/metrics/*/results/aggregate/evaluation.json"


@pytest.fixture
def in_goldens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDENS.parent)  # the aggregate holds paths


def by_path(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("path").sort_index(axis=1).reset_index(drop=True)


@pytest.mark.usefixtures("in_goldens")
def test_ours_is_the_data_frame_of_disentanglement_lib(tmp_path: Path) -> None:
    assert aggregate_results_to_json(PATTERN, tmp_path / "ours.json") == []
    # reference: its loader is this call
    ours, theirs = (by_path(pd.read_json(path, orient="columns")) for path in (tmp_path / "ours.json",
                                                                              GOLDENS / "dlib_aggregate.json"))
    pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-9)  # its JSON has ten decimals
    assert ours["evaluation_results.discrete_mig"].tolist() == pytest.approx([0.123456789012345, 0.75], abs=1e-15)


@pytest.mark.usefixtures("in_goldens")
def test_its_aggregated_files_load_as_frame_and_as_results() -> None:
    frame = load_aggregated_json_results("goldens/dlib_aggregate.json")
    assert frame.shape == (2, 12)
    read = read_result_files(find_result_files(["goldens/dlib_aggregate.json"]))
    assert read.broken == []
    models = models_of(results_of(read.rows))
    assert [(model.name, model.data_set, model.first.metric, model.first.headline) for model in models] == [
        ("1", "dsprites_full", "mig", ("discrete_mig", 0.75)),
        ("0", "dsprites_full", "mig", ("discrete_mig", 0.123456789))]


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    rows = [{"a": 1.5, "versions": {"torch": "2"}, "mixed": 1, "path": "p"}, {"a": None, "mixed": "x", "path": "q"}]
    for name in ("rows.csv", "rows.parquet"):
        write_frame(data_frame(rows), tmp_path / name)
    csv, parquet = pd.read_csv(tmp_path / "rows.csv"), pd.read_parquet(tmp_path / "rows.parquet")
    for frame in (csv, parquet):
        assert frame["path"].tolist() == ["p", "q"]
        assert frame["a"].isna().tolist() == [False, True]
        assert json.loads(frame["versions"][0]) == {"torch": "2"}
        assert frame["mixed"].tolist() == ["1", "x"]


def test_a_folder_stands_for_all_scores_below_it(tmp_path, write_result) -> None:
    files = [write_result("a"), write_result("a", seed=1), write_result("deep/b", "dci", {"disentanglement": 0.1})]
    unfinished = tmp_path / "a" / "metrics" / ".dci.x1y2" / "results" / "aggregate" / "evaluation.json"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_text("{")
    assert find_result_files([tmp_path]) == sorted(files)


@pytest.mark.parametrize(("text", "reason"), [
    ("{", "cannot be read as a result file"), ("[1]", "holds a JSON list"), ("{}", "holds no result"),
    ("", "Expecting")])
def test_a_broken_file_is_named_and_the_rest_is_read(tmp_path, write_result, text, reason) -> None:
    broken = write_result("broken")
    write_result("whole")
    broken.write_text(text)
    read = read_result_files(find_result_files([tmp_path]))
    assert len(read.rows) == 1
    (sentence,) = read.broken
    assert str(broken) in sentence
    assert reason in sentence


def test_old_files_with_the_bare_token_nan_are_read(tmp_path: Path, write_result) -> None:
    path = write_result("a", scores={"discrete_mig": float("nan")})
    assert "NaN" in path.read_text()
    read = read_result_files([path])
    write_frame(data_frame(read.rows), tmp_path / "r.json")
    assert load_aggregated_json_results(tmp_path / "r.json")["evaluation_results.discrete_mig"].isna().all()


def test_a_pattern_without_files_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No result file matches .*nothing.*Expected a folder of runs, or a pattern"):
        find_result_files([tmp_path / "nothing*"])


def test_what_is_no_aggregate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("no")
    with pytest.raises(UserError, match=r"no\.json cannot be read as aggregated results"):
        load_aggregated_json_results(tmp_path / "no.json")


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs pyarrow.*unbraid\[parquet\]"):
        write_frame(data_frame([{"path": "p"}]), tmp_path / "rows.parquet")


def test_every_row_counts_once(tmp_path: Path, write_result) -> None:
    path = write_result("a")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    assert len(results_of(read_result_files(find_result_files([path, tmp_path])).rows)) == 1
