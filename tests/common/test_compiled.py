"""Compiled functions: never stale, kept where a folder can be written, quiet where none can."""

from __future__ import annotations

import ast
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unbraid.common.compiling.reachable_sources import imported_modules

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "__init__.py": "",
    "outer.py": "from unbraid.common.compiling.compiled import compiled\n"
                "from .middle import callee\n"
                "from .values import (  # in parentheses\n    SCALE,\n    Pair as Both)\n\n\n"
                "def setting():\n    return 1.0\n\n\n"
                "@compiled()\ndef score(x):\n    return SCALE * callee(x) + _below(x)\n\n\n"
                "@compiled()\ndef first(pair: Both):\n    return pair.left\n\n\n"
                "@compiled()\ndef _below(x):\n    return 1.0\n",
    "middle.py": "from unbraid.common.compiling.compiled import compiled\nimport toy.inner.deep as deep\n"
                 "from toy.inner.deep import innermost\n\n\n"
                 "@compiled()\ndef callee(x):\n    return innermost(x) + deep.ADDED\n",
    "inner/__init__.py": "",
    "inner/deep.py": "from unbraid.common.compiling.compiled import compiled\n\nADDED = 0.0\n\n\n"
                     "@compiled()\ndef innermost(x):\n    return x + 0.0\n",
    "values.py": "from typing import NamedTuple\n\nSCALE = 1.0\n\n\nclass Pair(NamedTuple):\n"
                 "    left: float\n    right: float\n",
    "unrelated.py": "VALUE = 1\n",
    "recursive.py": "import numpy as np\nfrom unbraid.common.compiling.compiled import compiled\n\n\n"
                    "@compiled()\ndef total(num):\n"
                    "    return total(num - np.int64(1)) + num if num > 0 else np.int64(0)\n\n\n"
                    "@compiled()\ndef call_total(num):\n    return total(num)\n",
}
CALL = "from toy.outer import score; print(score(2.0), sum(score.dispatcher.stats.cache_hits.values()))"


@pytest.fixture(scope="module")
def compiled_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose compiled function reaches callees and constants in other files and folders; compiled once."""
    package = tmp_path_factory.mktemp("compiled") / "toy"
    for name, text in FILES.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert run(package) == "3.0 0\n"
    return package


@pytest.fixture
def toy(compiled_toy: Path, tmp_path: Path) -> Path:
    """A copy of it, with its compiled code."""
    return Path(shutil.copytree(compiled_toy, tmp_path / "toy"))


def run(package: Path, code: str = CALL, **environment: str) -> str:
    """What code prints that imports a package; without bytecode, which Python itself compares by time and size only."""
    paths = os.pathsep.join([str(package.parent), *sys.path])
    return subprocess.run([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE, text=True, check=True,
                          cwd=package.parent, env={**os.environ, "PYTHONPATH": paths, **environment}).stdout


def replace(path: Path, old: str, new: str) -> None:
    """Edits a file and keeps its time, and its size if both texts are of one length."""
    times, text = path.stat(), path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_compiled_code_is_loaded(toy: Path) -> None:
    replace(toy / "unrelated.py", "1", "2")
    assert run(toy) == "3.0 1\n"


@pytest.mark.parametrize(("file", "old", "new", "expected"), [
    ("middle.py", "innermost(x) +", "innermost(x) *", "1.0"),
    ("inner/deep.py", "x + 0.0", "x + 3.0", "6.0"),
    ("inner/deep.py", "ADDED = 0.0", "ADDED = 4.0", "7.0"),
    ("values.py", "SCALE = 1.0", "SCALE = 2.0", "5.0"),
])
def test_an_edited_source_is_compiled_anew(toy: Path, file: str, old: str, new: str, expected: str) -> None:
    replace(toy / file, old, new)
    assert run(toy) == f"{expected} 0\n"
    replace(toy / file, new, old)
    assert run(toy) == "3.0 1\n"  # the old entry was kept


def test_recursion_with_other_types(toy: Path) -> None:
    """The first call is of int32, those inside of int64."""
    code = "import numpy as np; from toy.recursive import *; print(call_total(np.int32(4)))"
    assert run(toy, code) == "10\n"
    assert run(toy, code) == "10\n"


def test_fields_of_a_named_tuple_in_another_order(toy: Path) -> None:
    code = "from toy.outer import first; from toy.values import Pair; print(first(Pair(left=1.0, right=2.0)))"
    assert run(toy, code) == "1.0\n"
    replace(toy / "values.py", "left: float\n    right: float", "right: float\n    left: float")
    assert run(toy, code) == "1.0\n"


def test_a_source_that_changes_under_a_running_process(toy: Path) -> None:
    """The process compiles the text that it loaded; the next one must not take that for the new text's code."""
    values = str(toy / "values.py")
    code = f"from pathlib import Path; import toy.outer; Path({values!r}).write_text('SCALE = 9.0\\nPair = 0'); {CALL}"
    assert run(toy, code) == "3.0 1\n"
    assert run(toy) == "19.0 0\n"


@pytest.mark.parametrize("setting", ["toy.outer.SCALE = 2.0", "toy.inner.deep.ADDED = 2.0"])
def test_a_constant_set_at_run_time(toy: Path, setting: str) -> None:
    assert run(toy, f"import toy.outer; {setting}; {CALL}") == "5.0 0\n"
    assert run(toy) == "3.0 1\n"


@pytest.mark.parametrize("library", ["numba", "llvmlite"])
def test_another_version_of_the_compiler(toy: Path, library: str) -> None:
    assert run(toy, f"import {library}; {library}.__version__ = '0.1'; {CALL}") == "3.0 0\n"


@pytest.mark.parametrize(("setting", "num_loaded"), [({"NUMBA_CPU_NAME": "generic"}, 0), ({"NUMBA_OPT": "1"}, 0),
                                                     ({"NUMBA_NUM_THREADS": "1"}, 1)])
def test_another_processor_and_other_settings(toy: Path, setting: dict[str, str], num_loaded: int) -> None:
    assert run(toy, **setting) == f"3.0 {num_loaded}\n"


def test_without_the_compiler(toy: Path) -> None:
    assert run(toy, "from toy.outer import score; print(score(2.0))", NUMBA_DISABLE_JIT="1") == "3.0\n"


@pytest.mark.parametrize("damage", [lambda content: content[:10], lambda content: content[:-1] + b"?"])
def test_a_damaged_entry_is_compiled_anew(toy: Path, damage: Callable[[bytes], bytes]) -> None:
    for path in toy.rglob("*.nbc"):
        path.write_bytes(damage(path.read_bytes()))
    assert run(toy) == "3.0 0\n"
    assert run(toy) == "3.0 1\n"


def modules() -> list[Path]:
    return [path for floor in ("common", "metrics", "ground_truth", "training", "export", "evaluation")
            for path in (ROOT / floor).rglob("*.py")]


def test_imports_are_found_as_the_syntax_tree_has_them() -> None:
    num_imports = 0
    for path in modules():
        module = ".".join(("unbraid", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        package, text = module if path.name == "__init__.py" else module.rpartition(".")[0], path.read_text("utf-8")
        found = set(imported_modules(module, text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package.rsplit(".", node.level - 1)[0] + (f".{node.module}" if node.module else "")
                names = {base, *(f"{base}.{alias.name}" for alias in node.names)}
                assert {name for name in names if _is_module(name)} <= found
                num_imports += 1
    assert num_imports > 500


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split(".")[1:])
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_every_compiled_function_uses_the_decorator() -> None:
    pattern = re.compile(r"(import|from) (numba|llvmlite)")
    importers = {path.name for path in modules() if pattern.search(path.read_text("utf-8"))}
    assert importers == {"compiled.py", "cache.py", "fused.py", "check_records.py"}  # the last names the CPU


def test_a_compiled_function_is_pickled_by_name() -> None:
    from unbraid.ground_truth.bases import byte_images

    assert pickle.loads(pickle.dumps(byte_images._look_up)) is byte_images._look_up


def test_numba_is_imported_by_the_first_call_only() -> None:
    code = ("import sys; import unbraid.ground_truth.sets.three_dots, unbraid.metrics.estimators.trees.classifier; "
            "print('numba' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of what estimators need of unbraid."""
    for folder in ("common", "metrics"):
        shutil.copytree(ROOT / folder, tmp_path / "unbraid" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "__init__.py", tmp_path / "unbraid")
    return tmp_path / "unbraid"


@pytest.mark.slow
def test_logistic_regression_with_another_exponential(package: Path) -> None:
    """The loss is compiled in `logistic_regression.py`, the exponential that it calls in `exponential.py`."""
    code = ("import numpy as np\nfrom unbraid.metrics.estimators.logistic_regression import turn_into_gradients\n"
            "scores, losses = np.arange(6.0).reshape(2, 3), np.empty(2)\n"
            "turn_into_gradients(scores, np.zeros(3), np.zeros(2, int), losses, False)\nprint(losses[0])")
    expected = np.log(np.exp([0.0, 1.0, 2.0]).sum())
    assert np.isclose(float(run(package, code)), expected)
    replace(package / "metrics/estimators/exponential.py", "math.exp(values[place])", "math.exp(0. * values[0])")
    assert np.isclose(float(run(package, code)), np.log(3) + 2)


@pytest.mark.slow
def test_trees_with_another_split(package: Path) -> None:
    code = ("import numpy as np\nfrom unbraid.metrics.estimators.trees.classifier import BoostedTrees\n"
            "stream = np.random.RandomState(0)\ncodes = stream.standard_normal((200, 3))\n"
            "labels = (codes[:, 0] > 0).astype(int)\n"
            "print(BoostedTrees(stream, 3).fit(codes, labels).nodes.threshold[0, 0, 0])")
    first = float(run(package, code))
    assert abs(first) < 0.1
    replace(package / "metrics/estimators/trees/splitting.py", "if score > best:", "if score < best:")
    assert float(run(package, code)) != first
