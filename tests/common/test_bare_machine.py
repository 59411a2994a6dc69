"""A container as it often is: another user, a home that does not exist, a source tree that cannot be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export import export_representation

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PYTHONS = (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that another user can write, with an exported model and, as `unbraid`, the package."""
    folder = Path(tempfile.mkdtemp(prefix="unbraid_bare_"))
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 5))
    export_representation(encoder, folder / "model", np.random.RandomState(0).rand(8, 64, 64, 1).astype(np.float32),
                          data_set="dsprites_full", formats=["onnx"])
    shutil.copytree(ROOT, folder / "unbraid", ignore=shutil.ignore_patterns(".*", "tests", "__pycache__", "runs"))
    subprocess.run(["chmod", "-R", "a+rX,go-w", str(folder)], check=True)
    (folder / "output").mkdir()
    os.chmod(folder / "output", 0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def as_nobody(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module run by a user without a home, who may write to `output` and the temporary folder alone."""
    if os.geteuid() != 0:
        pytest.skip("only root can run a process as another user")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([str(place), *libraries]), "TERM": "dumb",
                 "HOME": "/nonexistent", "TMPDIR": str(place / "output")}

    def run(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([python, *arguments], env=variables, capture_output=True, text=True, check=False,
                              cwd=place / "output", user=NOBODY, group=NOBODY, extra_groups=[])

    for python in PYTHONS:
        with contextlib.suppress(OSError):  # it lies in a folder of root's
            if run(python, "-c", "import unbraid, torch").returncode == 0:
                return run(python, "-m", *command)
    pytest.skip("no Python is in reach of other users")


def test_a_user_without_a_home_gets_scores_and_figures_with_one_warning(place: Path) -> None:
    finished = as_nobody(place, "unbraid.evaluation", "--model_dir", str(place / "model"), "--output_dir", "scores",
                         "--figures", "--gin_config", "modularity_explicitness", "--gin_bindings",
                         "modularity_explicitness.num_train = 100", "modularity_explicitness.num_test = 50")
    assert finished.returncode == 0, finished.stderr
    assert list((place / "output" / "scores").rglob("*.png"))
    lines = finished.stderr.splitlines()
    assert [line for line in lines if "test points are among" not in line and "Compiled code cannot" not in line] == []
    assert sum("Compiled code cannot be kept in" in line for line in lines) <= 1
