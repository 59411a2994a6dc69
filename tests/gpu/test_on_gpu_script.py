"""scripts/on_gpu.sh, as far as it can be walked through without a card."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ["versions", "tests", "train", "export", "codes", "encoding", "steps", "scores"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", str(ROOT / "scripts" / "on_gpu.sh"), *arguments], capture_output=True, text=True,
                          env=environment, check=False)


@pytest.mark.slow
def test_every_part_runs_when_pretending(tmp_path: Path) -> None:
    finished = run("--pretend", "--out", str(tmp_path))
    rows = [line.split("|")[1:4] for line in (tmp_path / "table.md").read_text().splitlines()[2:]]
    assert [(name.strip(), status.strip()) for name, _, status in rows] == [(name, "0") for name in PARTS]
    assert finished.returncode == 0
    assert "runs on" in (tmp_path / "codes.txt").read_text()
    assert "images/s" in (tmp_path / "encoding.txt").read_text()


def test_an_unknown_option_is_named() -> None:
    finished = run("--pretense")
    assert finished.returncode == 2
    assert finished.stderr == "Unknown option --pretense; see bash scripts/on_gpu.sh --help.\n"
