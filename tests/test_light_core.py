"""Without torch, onnx and ONNX Runtime: arrays are scored, and what needs a library says which extra has it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
MODELS = ("torch", "onnx", "onnxscript", "onnxruntime", "tensorboard")
SCORE = """
import unbraid
factors = np.stack(np.unravel_index(np.arange(240) % 60, (3, 4, 5)), axis=1)
table = unbraid.score(factors + 0.0, factors, metrics=["mig", "sap_score", "modularity_explicitness", "infomec"])
assert round(table["mig"]["discrete_mig"], 6) == 1.0
"""
SCORE_A_FUNCTION = """
import unbraid
def encode(images):
    return images[:, ::16, ::16].reshape(len(images), -1)
bindings = ["mig.num_train = 200"]
one = unbraid.evaluate(encode, data="dsprites_full", metrics=["mig"], bindings=bindings)
two = unbraid.Scorer(data="dsprites_full", metrics=["mig"], bindings=bindings)(encode)
assert one["mig"]["discrete_mig"] == two["mig"]["discrete_mig"]
"""
SCORE_FILES = """
from unbraid.evaluation.__main__ import main
from unbraid.evaluation.reporting.report import main as report
np.savez("codes.npz", codes=np.arange(60) % 7, factors=np.arange(60) % 7)
assert main(["--codes", "codes.npz", "--output_dir", "scores", "--gin_config", "unsupervised", "irs"]) == 0
assert report(["scores"]) == 0
"""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the installed libraries except those for models, and to unbraid."""
    folder = tmp_path_factory.mktemp("libraries")
    for place in {Path(path) for path in sys.path if path.endswith("site-packages")}:
        for entry in place.iterdir():
            if entry.name.split("-")[0] not in MODELS and not (folder / entry.name).exists():
                (folder / entry.name).symlink_to(entry)
    (folder / "unbraid").unlink(missing_ok=True)
    (folder / "unbraid").symlink_to(ROOT)
    return folder


def run(libraries: Path, folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """A program of a Python that has these libraries and no others."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(libraries), sysconfig.get_path("stdlib")])}
    return subprocess.run([sys.executable, "-S", "-c", f"import numpy as np\n{program}"], env=environment, cwd=folder,
                          capture_output=True, text=True, check=False)


SLOW = [pytest.param(program, marks=pytest.mark.slow) for program in (SCORE_A_FUNCTION, SCORE_FILES)]


@pytest.mark.parametrize("program", [SCORE, *SLOW], ids=["arrays", "function", "files"])
def test_codes_and_functions_are_scored_without_the_libraries_of_models(
        program: str, libraries: Path, tmp_path: Path) -> None:
    for name in MODELS:
        assert run(libraries, tmp_path, f"import {name}").returncode != 0
    done = run(libraries, tmp_path, program)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_onnx_file_is_scored_without_torch(libraries: Path, exported: Path, images: np.ndarray,
                                              tmp_path: Path) -> None:
    import onnxruntime

    (tmp_path / "onnxruntime").symlink_to(Path(onnxruntime.__file__).parent)
    done = run(libraries, tmp_path, f"""
from unbraid.export import load_representation
print(load_representation({str(exported)!r})(np.zeros((2, 64, 64, 1), np.float32)).shape)
""")
    assert done.stdout == "(2, 4)\n", done.stderr


@pytest.mark.parametrize(("module", "arguments"), [
    ("training", ["--gin_config", "quickstart_beta_vae", "--model_dir", "model"]),
    ("export", ["--from", "file.pt", "--output_dir", "representation"])])
def test_a_command_for_models_says_what_to_install(module: str, arguments: list[str], libraries: Path,
                                                   tmp_path: Path) -> None:
    (tmp_path / "file.pt").write_bytes(b"PK\3\4")
    done = run(libraries, tmp_path, f"""
import sys
from unbraid.{module}.__main__ import main
sys.exit(main({arguments!r}))
""")
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "needs torch, which is not installed: pip install 'unbraid[cpu]'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file.pt"]
