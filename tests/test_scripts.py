"""Scripts say what is wrong before they start long work."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}  # root may write everywhere


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may read, with the scripts, and with commands that print how they were called."""
    folder = Path(tempfile.mkdtemp(prefix="unbraid_scripts_"))
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for command in ("unbraid-train", "unbraid-evaluate"):
        (folder / "bin" / command).parent.mkdir(exist_ok=True)
        (folder / "bin" / command).write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
        (folder / "bin" / command).chmod(0o755)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def score(place: Path, model: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    other_user = NOBODY if os.geteuid() == 0 else {}
    return subprocess.run(["bash", str(place / "scripts" / "score_checkpoint.sh"), str(model), "threeDots", "mig"],
                          env={"PATH": f"{place / 'bin'}:{os.environ['PATH']}", **variables}, capture_output=True,
                          text=True, check=False, **other_user)


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_model_that_nothing_can_be_written_beside_asks_for_output(place: Path, is_folder: bool) -> None:
    model = place / "models" / "model.onnx"
    model.parent.mkdir(mode=0o755)
    if is_folder:
        model.mkdir(mode=0o555)
    else:
        model.touch()
    model.parent.chmod(0o555)
    refused = score(place, model)
    assert refused.returncode == 2
    folder = model if is_folder else model.parent
    assert refused.stderr.startswith(f"{folder} cannot be written. Set OUTPUT to a folder")
    assert len(refused.stderr.splitlines()) == 1
    assert not refused.stdout
    accepted = score(place, model, OUTPUT="/tmp/scores")
    assert accepted.stdout.startswith(f"unbraid-evaluate --model_dir {model} --output_dir /tmp/scores/mig --resume")
