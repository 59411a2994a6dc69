"""The result folder, against what disentanglement_lib's own reader expects of it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import gin
import pytest

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.common.results import aggregate, read_json, recorded_config, update_result_directory


@gin.configurable("step")
def step(name: str = gin.REQUIRED) -> str:
    return name


def write_step(folder: Path, name: str, results: dict, previous: Path | None = None) -> dict:
    with configured([], [f"step.name = '{name}'"]):
        step()
        return update_result_directory(folder, name, results, previous)


def test_files_and_keys_are_those_of_disentanglement_lib(tmp_path: Path) -> None:
    results = write_step(tmp_path / "results", "train", {"loss": 1.5})
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["results/aggregate/train.json", "results/gin/train.gin", "results/json/train_config.json",
                     "results/json/train_results.json"]
    assert json.loads((tmp_path / "results/aggregate/train.json").read_text()) == {
        "train_config.step.name": "'train'", "train_results.loss": 1.5, "train_results.uuid": results["uuid"]}


def test_earlier_steps_travel_along(tmp_path: Path) -> None:
    write_step(tmp_path / "a", "train", {"loss": 1.0})
    write_step(tmp_path / "b", "evaluation", {"mig": 0.5}, tmp_path / "a")
    merged = read_json(tmp_path / "b" / "aggregate" / "evaluation.json")
    assert {"train_results.loss", "evaluation_results.mig", "train_config.step.name"} <= merged.keys()
    assert recorded_config(tmp_path / "b", "train") == {"step.name": "'train'"}
    assert aggregate(tmp_path / "b" / "json") == merged


def test_what_json_cannot_hold_is_null_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        write_step(tmp_path, "evaluation", {"mig": float("nan")})
    assert read_json(tmp_path / "json" / "evaluation_results.json")["mig"] is None
    assert "mig is nan; it is saved as null." in caplog.text


def test_the_nan_of_old_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"mig": NaN}')
    assert read_json(tmp_path / "a.json")["mig"] != read_json(tmp_path / "a.json")["mig"]


@pytest.mark.parametrize(("text", "message"), [("[1]", "holds a JSON list where an object"), ("{", "cannot be read")])
def test_a_broken_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UserError, match=f"a.json {message}"):
        read_json(tmp_path / "a.json")
