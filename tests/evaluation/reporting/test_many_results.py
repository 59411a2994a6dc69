"""Thousands of results: tables that grow with their number, not its square, and files that are opened once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unbraid.evaluation.reporting.aggregate import main
from unbraid.evaluation.reporting.comparing.columns import columns_of
from unbraid.evaluation.reporting.comparing.grouping import groups_of
from unbraid.evaluation.reporting.comparing.setting_rows import MOST_COLUMNS, with_setting_rows
from unbraid.evaluation.reporting.pages.leaderboard import Board, boards_of
from unbraid.evaluation.reporting.reading.result_files import ResultRows, find_result_files, read_result_files
from unbraid.evaluation.reporting.reading.row_cache import FEWEST_FILES
from unbraid.evaluation.reporting.reading.scores import Model, models_of, results_of
from unbraid.evaluation.reporting.tables.score_tables import score_table


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "results"


def read(folder: Path) -> ResultRows:
    return read_result_files(find_result_files([folder / "runs"]))


def models_under_settings(folder: Path, write_result, number: int) -> list[Model]:
    """Models that were each scored with mig under a setting of its own, and with dci under the same setting."""
    for index in range(number):
        write_result(f"runs/{index}", "mig", {"discrete_mig": index / number}, settings={"mig.num_train": str(index)})
        write_result(f"runs/{index}", "dci", {"disentanglement": 0.5}, settings={"dci.num_train": "100"})
    return with_setting_rows(models_of(results_of(read(folder).rows)))


@pytest.mark.parametrize("number", [MOST_COLUMNS + 1, 2 * MOST_COLUMNS])
def test_many_settings_are_rows(tmp_path: Path, write_result, number: int) -> None:
    models = models_under_settings(tmp_path, write_result, number)
    (board,) = boards_of(models)
    assert [column.label for column in board.columns] == ["DCI", "MIG"]
    assert board.bindings == ["mig.num_train"]
    scores = {row.bindings[0]: row.scores[1].mean for row in board.rows if row.bindings[0]}
    assert scores == {str(index): f"{index / number:.4f}" for index in range(number)}
    assert [row.scores[0].mean for row in board.rows if not row.bindings[0]] == ["0.5000"] * number
    assert board.commands == []


def test_few_settings_are_columns(tmp_path: Path, write_result) -> None:
    (board,) = boards_of(models_under_settings(tmp_path, write_result, MOST_COLUMNS))
    assert len(board.columns) == MOST_COLUMNS + 1
    assert len(board.rows) == MOST_COLUMNS


def test_groups_never_average_over_settings(tmp_path: Path, write_result) -> None:
    models = models_under_settings(tmp_path, write_result, MOST_COLUMNS + 1)
    results = [result for model in models for result in model.results]
    for keys in (None, ["method"]):
        table = score_table(groups_of(models, keys), columns_of(results, ["mig"]))
        nums = [scores[0].spread.num for _, scores, _ in table.rows if scores[0].spread]
        assert nums == [1] * (MOST_COLUMNS + 1)


@pytest.mark.parametrize("what", ["settings", "training"])
def test_a_board_grows_with_the_number_of_results(tmp_path: Path, write_result, what: str) -> None:
    def cells(number: int) -> int:
        for index in range(number):
            write_result(f"runs/{index}", **{what: {"mig.num_train": str(index)}})
        boards: list[Board] = boards_of(with_setting_rows(models_of(results_of(read(tmp_path).rows))))
        return sum(len(row.scores) + len(row.bindings) for board in boards for row in board.rows)

    assert cells(80) <= 2 * cells(40) + 40


def test_only_changed_files_are_read_again(tmp_path: Path, write_result, cache: Path) -> None:
    paths = [write_result(f"runs/{index:03}") for index in range(FEWEST_FILES)]
    first = read(tmp_path)
    assert len(list(cache.glob("*.rows"))) == 1
    status = paths[3].stat()
    content = paths[3].read_text()
    paths[3].write_text(content.replace("0.5", "0.7"))
    os.utime(paths[3], ns=(status.st_atime_ns, status.st_mtime_ns))  # looks unchanged: must not be opened
    assert read(tmp_path).rows == first.rows
    os.utime(paths[3])
    assert read(tmp_path).rows[3]["evaluation_results.discrete_mig"] == 0.7
    paths[4].write_text("no JSON")
    again = read(tmp_path)
    assert len(again.rows) == FEWEST_FILES - 1
    assert str(paths[4]) in again.broken[0]
    paths[5].unlink()
    assert len(read(tmp_path).rows) == FEWEST_FILES - 2


def test_a_cache_serves_every_way_to_write_a_path(tmp_path: Path, write_result, monkeypatch) -> None:
    for index in range(FEWEST_FILES):
        write_result(f"runs/{index:03}")
    read(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert read(Path()).rows[0]["path"] == "runs/000/metrics/mig/results/aggregate/evaluation.json"


def test_few_files_have_no_cache(tmp_path: Path, write_result, cache: Path) -> None:
    for index in range(FEWEST_FILES - 1):
        write_result(f"runs/{index}")
    read(tmp_path)
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["empty", "cut", "bits", "no folder"])
def test_a_damaged_cache_is_passed_over(tmp_path: Path, write_result, cache: Path, damage: str) -> None:
    for index in range(FEWEST_FILES):
        write_result(f"runs/{index:03}")
    first = read(tmp_path)
    (file,) = cache.glob("*.rows")
    content = file.read_bytes()
    if damage == "no folder":
        file.unlink()
        cache.rmdir()
        cache.write_text("a file where the folder would be")
    else:
        file.write_bytes({"empty": b"", "cut": content[:-9], "bits": content[:-9] + bytes(9)}[damage])
    assert read(tmp_path).rows == first.rows


def test_labels_do_not_reach_the_cache(tmp_path: Path, write_result) -> None:
    for index in range(FEWEST_FILES):
        write_result(f"runs/{index:03}")
    output = tmp_path / "all.json"
    command = ["--result_file_pattern", str(tmp_path / "runs"), "--output_path", str(output)]
    assert main([*command, "--labels", "{kind}"]) == 0
    assert "train_config.label.kind" in json.loads(output.read_text())
    assert main(command) == 0
    assert "train_config.label.kind" not in json.loads(output.read_text())
