"""Decoded copies: made of the files' content, by one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.files.arrays.decoded import decoded

DECODE = """
import sys, time
import numpy as np
from pathlib import Path
from unbraid.ground_truth.files.arrays.decoded import decoded

def blocks():
    print("decodes", flush=True)
    time.sleep(2)
    yield np.arange(6).reshape(3, 2)

print(decoded("images", [Path(sys.argv[1])], (3, 2), np.int64, blocks)[:].sum())
"""


def copy_of(source: Path, value: int) -> int:
    return int(decoded("images", [source], (2,), np.int64, lambda: [np.full(2, value)])[:1][0])


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "data.bin"
    path.write_bytes(b"content")
    return path


def test_a_changed_file_is_decoded_again_even_if_its_time_was_put_back(source: Path) -> None:
    os.utime(source, (10**9, 10**9))
    assert copy_of(source, 1) == 1
    assert copy_of(source, 2) == 1
    source.write_bytes(b"CONTENT")
    os.utime(source, (10**9, 10**9))
    assert copy_of(source, 2) == 2


def test_a_touched_or_moved_file_is_not_decoded_again(source: Path, tmp_path: Path) -> None:
    assert copy_of(source, 1) == 1
    os.utime(source)
    (tmp_path / "elsewhere").mkdir()
    assert copy_of(source.rename(tmp_path / "elsewhere" / source.name), 2) == 1


def test_every_file_of_several_counts(tmp_path: Path, source: Path) -> None:
    files = [tmp_path / f"{number}.bin" for number in range(3)]
    for file in files:
        file.write_bytes(b"content")

    def value_of(value: int) -> int:
        return int(decoded("images", files, (2,), np.int64, lambda: [np.full(2, value)])[:1][0])

    assert value_of(1) == 1
    files[1].write_bytes(b"CONTENT")
    assert value_of(2) == 2


def test_of_two_processes_one_decodes(source: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", DECODE, str(source)], stdout=subprocess.PIPE, text=True)
                 for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0].split() for process in processes]
    assert sorted(outputs) == [["15"], ["decodes", "15"]]
