"""The floors of the house: imports only go down, and importing does no work."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "integrations", "study")
ALLOWED = {
    "common": {"common"},
    "ground_truth": {"common", "ground_truth"},
    "training": {"common", "ground_truth", "training"},
    "metrics": {"common", "metrics"},
    "export": {"common", "ground_truth", "training", "export"},
    "evaluation": {"common", "metrics", "ground_truth", "export", "evaluation"},
    "integrations": {"common", "evaluation", "integrations"},
    "study": {"common", "training", "evaluation", "study"},
}
# Only what rebuilds a network from a checkpoint may look at training; the artifact's reader and writer may not.
REBUILDERS = ("export/postprocessing/postprocess.py", "export/importers/")


def imported_floors(path: Path) -> set[str]:
    """Floors that a module imports anywhere in it, relatively or by the package's name."""
    floors = set()
    parts = path.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level] if node.level else ()
            names = [(*base, *(node.module or "").split(".")), *((*base, *(node.module or "").split("."), alias.name)
                                                              for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        for name in names:
            in_package = [part for part in name if part and part != "unbraid"]
            if (name[:1] == ("unbraid",) or (isinstance(node, ast.ImportFrom) and node.level)) and in_package:
                floors.add(in_package[0])
    return floors & set(FLOORS)


def modules(floor: str) -> list[Path]:
    return sorted((ROOT / floor).rglob("*.py"))


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_only_go_down(floor: str) -> None:
    wrong = {str(path.relative_to(ROOT)): sorted(imported_floors(path) - ALLOWED[floor])
             for path in modules(floor) if imported_floors(path) - ALLOWED[floor]}
    assert not wrong


@pytest.mark.parametrize("floor", FLOORS)
def test_the_top_of_a_floor_is_seen_at_a_glance(floor: str) -> None:
    rooms = [path.name for path in (ROOT / floor).iterdir() if not path.name.startswith("_")]
    assert len(rooms) <= 12, sorted(rooms)


def blanket_filters(source: str) -> list[int]:
    """Lines that ignore warnings of every category."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)
            and ast.unparse(node.func).split(".")[-1] in ("simplefilter", "filterwarnings", "catch_warnings")
            and "'ignore'" in ast.unparse(node)
            and len(node.args) + len(node.keywords) < 2]


@pytest.mark.parametrize("floor", FLOORS)
def test_warnings_are_ignored_by_category(floor: str) -> None:
    found = {str(path.relative_to(ROOT)): blanket_filters(path.read_text(encoding="utf-8")) for path in modules(floor)}
    assert not {path: lines for path, lines in found.items() if lines}


def test_a_blanket_filter_is_seen() -> None:
    assert blanket_filters("import warnings\nwarnings.simplefilter('ignore')") == [2]
    assert blanket_filters("with warnings.catch_warnings(action='ignore'):\n    pass") == [1]
    assert not blanket_filters("warnings.simplefilter('ignore', ConvergenceWarning)")


def imported_modules(path: Path) -> set[Path]:
    """Modules of the package that a module imports relatively, inside functions too, but not for types alone."""
    parts, found = path.relative_to(ROOT).parts, set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ROOT.joinpath(*parts[:len(parts) - node.level], *filter(None, (node.module or "").split(".")))
            found |= {base / f"{alias.name}.py" for alias in node.names} | {base.with_suffix(".py")}
    return {module for module in found if module.is_file()}


def test_modules_import_one_another_in_no_circle() -> None:
    graph = {path: imported_modules(path) for floor in FLOORS for path in modules(floor)}
    assert any(graph.values())  # the finder sees imports
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(ROOT)) for path in error.args[1]))


def test_the_circle_finder_sees_a_circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "one.py").write_text("def f():\n    from .two import g\n")
    (tmp_path / "metrics" / "two.py").write_text("from . import one\n")
    with pytest.raises(pytest.fail.Exception, match=r"metrics/(one|two).py -> "):
        test_modules_import_one_another_in_no_circle()


def test_only_rebuilders_import_training() -> None:
    importers = [str(path.relative_to(ROOT)) for path in modules("export") if "training" in imported_floors(path)]
    assert importers  # the rule would hold emptily
    assert [path for path in importers if not path.startswith(REBUILDERS)] == []


def test_the_import_finder_sees_a_wrong_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "evaluation" / "metrics").mkdir(parents=True)
    wrong = tmp_path / "evaluation" / "metrics" / "wrong.py"
    wrong.write_text("def f():\n    from ...training.checkpoint import load_model\n    import unbraid.export\n")
    assert imported_floors(wrong) == {"training", "export"}


@pytest.mark.parametrize(("module", "absent"), [
    ("unbraid", "numpy"),
    ("unbraid.ground_truth.named_data", "torch"),
    ("unbraid.evaluation", "unbraid.training"),
    ("unbraid.evaluation.protocol.evaluate", "unbraid.training"),
    ("unbraid.evaluation.metrics.mig", "torch"),
    ("unbraid.evaluation.visualize.model", "unbraid.training"),
    ("unbraid.evaluation.visualize.__main__", "matplotlib"),
    ("unbraid.export", "torch"),
    ("unbraid.export.reading.artifact", "torch"),
    ("unbraid.export.writing.exporter", "unbraid.training"),
])
def test_importing_loads_no_more_than_needed(module: str, absent: str) -> None:
    check = f"import {module}, sys; sys.exit(any(f'{{m}}.'.startswith({absent!r} + '.') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
