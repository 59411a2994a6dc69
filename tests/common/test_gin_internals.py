"""What unbraid uses of gin beyond its documented functions stands in one module, and is as it was in this version."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import gin
import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import configured

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for floor in ("common", "metrics", "ground_truth", "training", "export", "evaluation", "study",
                              "benchmarks", "tests") for path in sorted((ROOT / floor).rglob("*.py"))]
DOCUMENTED = {"parse_value"}  # of gin.config, without an underscore and in gin's documentation


def internals_in(text: str) -> set[str]:
    """Names inside gin's modules that a source reaches for."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner in ("gin.config", "gin.config_parser") or (owner == "gin" and node.attr.startswith("_")):
                found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "gin":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("gin.")}
    return found - DOCUMENTED


@pytest.mark.parametrize("text", ["import gin\ngin.config._CONFIG.clear()", "from gin.config_parser import Parser",
                                  "import gin.selector_map", "import gin\ngin._private()"])
def test_the_finder_sees_internals(text: str) -> None:
    assert internals_in(text)


def test_one_module_touches_them() -> None:
    wrong = {str(path.relative_to(ROOT)): names for path in SOURCES if path.name != "gin_internals.py"
             if (names := internals_in(path.read_text(encoding="utf-8")))}
    assert not wrong


def _message(bindings: list[str]) -> str:
    with gin_internals.set_aside(), gin.unlock_config():
        gin.clear_config()
        with pytest.raises(Exception) as error:  # noqa: PT011  (gin's own, of several types)
            gin.parse_config(bindings)
            gin.get_configurable("evaluate_nothing")()
    return f"{getattr(error.value, 'msg', '')}{error.value}"


@gin.configurable(denylist=["given"], module="internals")
def evaluate_nothing(given: int = 1, wanted: int = gin.REQUIRED) -> int:
    return given + wanted


@pytest.mark.parametrize(("pattern", "bindings", "names"), [
    ("UNKNOWN_NAME", ["nothing.a = 1"], ("nothing",)),
    ("UNKNOWN_NAME", ["evaluate_nothing.wanted = @no_such()"], ("no_such",)),
    ("UNKNOWN_PARAMETER", ["evaluate_nothing.b = 1"], ("evaluate_nothing", "b")),
    ("MISSING_PARAMETERS", [], ("evaluate_nothing", "'wanted'")),
    ("DENIED_PARAMETER", ["evaluate_nothing.given = 1"], ("evaluate_nothing", "given")),
    ("BAD_TOKEN", ["evaluate_nothing.wanted = mig"], ("mig",)),
    ("IN_BINDINGS", ["evaluate_nothing.b = 1"], ("1",)),
])
def test_gin_words_its_errors_as_the_patterns_expect(pattern: str, bindings: list[str], names: tuple[str, ...]) -> None:
    found = getattr(gin_internals, pattern).search(_message(bindings))
    assert found is not None
    assert found.groups() == names


def test_gin_names_files_as_the_patterns_expect(tmp_path: Path) -> None:
    (tmp_path / "a.gin").write_text("include 'nothing.gin'\n")
    with gin_internals.set_aside(), pytest.raises(OSError, match="nothing") as error:
        gin.parse_config_file(str(tmp_path / "a.gin"))
    text = str(error.value)
    assert re.match(gin_internals.NO_SUCH_FILE, text)[1] == "nothing.gin"


def test_the_tables_are_the_ones_that_gin_uses() -> None:
    with configured(bindings=["s/evaluate_nothing.wanted = 2", "import json"]):
        assert gin_internals.bindings() == {("s", "internals.evaluate_nothing"): {"wanted": 2}}
        assert gin_internals.imported_modules() == {"json"}
        with gin.config_scope("s"):
            assert evaluate_nothing() == 3
        assert gin_internals.used_parameters() == {("s", "internals.evaluate_nothing"): {"wanted": 2}}
    assert not gin_internals.bindings()
