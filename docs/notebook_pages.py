"""Notebooks as pages of the site: a page in docs/examples/ becomes the notebook of its name, with stored outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parent.parent / "examples"


def markdown_of(path: Path) -> str:
    """A notebook as MyST Markdown; pictures are part of the text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return "\n\n".join(block for cell in notebook["cells"] for block in _blocks(cell))


def _blocks(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    lines = source.splitlines()
    if all(line.startswith("!") for line in lines):
        yield _fenced("bash", "\n".join(line[1:] for line in lines))
    else:  # forced: the highlighter does not know a notebook's shell commands
        yield _fenced("{code-block} python", f":force:\n\n{source}")
    for output in cell["outputs"]:
        yield from _output(output)


def _output(output: dict[str, Any]) -> Iterator[str]:
    """The richest form of an output."""
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items()}
    if output["output_type"] == "stream":
        yield _fenced("text", "".join(output["text"]))
    elif "image/png" in data:
        picture = data["image/png"].replace("\n", "")
        yield _fenced("{raw} html", f'<img alt="{escape(data.get("text/plain", "picture"))}" '
                                    f'src="data:image/png;base64,{picture}">')
    elif "text/html" in data:
        yield _fenced("{raw} html", data["text/html"])
    elif "text/plain" in data:
        yield _fenced("text", data["text/plain"])


def _fenced(kind: str, text: str) -> str:
    return f"````{kind}\n{text.rstrip()}\n````"
