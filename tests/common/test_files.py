from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from unbraid.common.disk.files import atomic_directory, atomic_file, plain, write_json
from unbraid.common.errors import ExistingOutputError


def test_a_file_that_failed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_file(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_file_appears_under_its_name_with_the_usual_permissions(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "deep" / "a.txt") as path:
        assert path.suffix == ".txt"
        path.write_text("whole")
    plain_file = tmp_path / "b.txt"
    plain_file.touch()
    assert (tmp_path / "deep" / "a.txt").read_text() == "whole"
    assert (tmp_path / "deep" / "a.txt").stat().st_mode == plain_file.stat().st_mode


def test_a_folder_that_failed_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(RuntimeError), atomic_directory(target, overwrite=True) as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for name in ("first", "second"):
        with atomic_directory(target, overwrite=True) as folder:
            (folder / name).touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "second"]


def test_an_existing_folder_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "out" / "old").mkdir(parents=True)
    with pytest.raises(ExistingOutputError, match=r"out already exists\. Choose another.*overwrite=True"), \
            atomic_directory(tmp_path / "out"):
        pytest.fail("the block must not run")


def test_an_empty_folder_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with atomic_directory(tmp_path / "out") as folder:
        (folder / "new").touch()
    assert (tmp_path / "out" / "new").exists()


def test_json_holds_only_what_every_reader_understands(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": np.float32(0.5), "b": np.array([1, 2]), "c": float("nan"),
                                     "d": (np.bool_(True), float("inf")), 1: None})
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "a": 0.5, "b": [1, 2], "c": None, "d": [True, None], "1": None}
    assert type(plain(np.int64(3))) is int
