"""What an installation holds: one top-level name, every gin file, the type marker."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy, so that no build folder is left in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(".*", "runs", "build", "*.egg-info"))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir",
                    str(folder), str(folder / "source")], check=True)
    return zipfile.ZipFile(next(folder.glob("unbraid-*.whl")))


def test_nothing_generic_is_installed_at_the_top(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"unbraid"}


def test_the_wheel_holds_every_module_and_config(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    floors = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "integrations",
              "study")
    modules = {f"unbraid/{path.relative_to(ROOT)}" for floor in floors for path in (ROOT / floor).rglob("*.py")}
    configs = {f"unbraid/{path.relative_to(ROOT)}" for path in (ROOT / "gin_configs").rglob("*.gin")}
    assert modules | configs | {"unbraid/py.typed", "unbraid/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("unbraid/tests", "unbraid/scripts", "unbraid/benchmarks"))]


def test_the_two_runtimes_are_extras_that_nothing_else_requires(wheel: zipfile.ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith("METADATA"))
    requirements = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Dist")]
    runtimes = sorted(line.split(": ")[1] for line in requirements if "onnxruntime" in line)
    assert [line.split(";")[1].strip() for line in runtimes] == ['extra == "gpu"', 'extra == "cpu"']


@pytest.mark.parametrize("floor", ["training", "export", "evaluation"])
def test_commands_run_as_modules_and_teach(floor: str) -> None:
    result = subprocess.run([sys.executable, "-m", f"unbraid.{floor}", "--help"], capture_output=True, text=True,
                            check=True)
    assert "Example: unbraid-" in result.stdout
    assert "--gin_bindings" in result.stdout


def test_the_lowest_versions_are_those_of_setup(wheel: zipfile.ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith("METADATA"))
    floors = dict(re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*>=([\w.]+)", wheel.read(metadata).decode(), re.MULTILINE))
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)$", (ROOT / "constraints-lowest.txt").read_text(), re.MULTILINE))
    not_imported = {"onnxruntime-gpu", "sphinx", "furo", "myst-parser", "sphinx-copybutton", "ruff", "mypy", "build",
                    "lightning", "transformers", "accelerate", "mlflow", "wandb", "nbclient", "nbformat", "ipykernel"}
    assert floors.keys() - pinned.keys() == not_imported
    wrong = {name: (floor, pinned[name]) for name, floor in floors.items() if name in pinned
             and not f"{pinned[name]}.".startswith(f"{floor}.")}
    assert not wrong
