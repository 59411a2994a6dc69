"""The guides run: every Python and bash block of a page, in order, as its reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how_to").glob("*.md"))]
FRAMEWORKS = {"jax_or_tensorflow": "jax"}
PLACEHOLDER = re.compile(r"\bPATH\b")  # stands for the reader's own file


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of each fenced block in Python or bash that a reader can run as it is."""
    found = re.findall(r"^```(python|bash)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [(language, text) for language, text in found if not PLACEHOLDER.search(text)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page.stem in FRAMEWORKS:
        pytest.importorskip(FRAMEWORKS[page.stem])
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for language, text in blocks(page):
        if language == "python":
            exec(compile(text, str(page), "exec"), names)
        else:
            run_bash(text, tmp_path)


def run_bash(text: str, folder: Path) -> None:
    """Runs a block in `folder`, with the commands of this environment and the scripts of the repository."""
    text = text.replace("bash scripts/", f"bash {ROOT}/scripts/")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env={**os.environ, "PATH": path},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_every_guide_has_something_to_run() -> None:
    without = [page.stem for page in PAGES if not blocks(page)]
    assert without == ["checkpoint"]  # it needs a file of the reader's
