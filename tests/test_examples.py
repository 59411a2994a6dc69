"""The notebooks in examples/ run from top to bottom, and the site shows them with their stored outputs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def code(notebook: Path) -> list[dict[str, Any]]:
    """The code cells."""
    return [cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict[str, Any]) -> None:
    """Runs a cell as a notebook does: lines that begin with ! are commands, and the last expression shows itself."""
    for part in re.split(r"(?m)^(!.*)$", source):
        if part.startswith("!"):
            command = re.sub(r"\{(\w+)\}", lambda match: str(names[match[1]]), part[1:])
            environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
            done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            continue
        body = ast.parse(part).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            for form in ("_repr_html_", "_repr_png_"):
                if hasattr(shown, form):
                    assert getattr(shown, form)()


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {}
    for cell in code(notebook):
        run_cell("".join(cell["source"]), names)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_pictures(notebook: Path) -> None:
    outputs = [output for cell in code(notebook) for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    text = notebook.read_text(encoding="utf-8")
    assert len(text) < 400_000
    assert not re.search(r"\d+%\||/home/|/root/|/tmp/", text)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_site_shows_it(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from notebook_pages import markdown_of

    page = markdown_of(notebook)
    title = (ROOT / "docs" / "examples" / f"{notebook.stem}.md").read_text(encoding="utf-8").splitlines()[0]
    assert page.startswith(f"{title}\n")
    assert '<img alt="' in page
    assert f"examples/{notebook.stem}\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
