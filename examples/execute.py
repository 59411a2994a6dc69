"""Executes a notebook in an empty folder and stores its outputs in it: python examples/execute.py NOTEBOOK

Progress bars and the times of cells are left out."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

BAR = re.compile(r"\d+%\||\d+(img|picture|metric|file) \[|^\s*(\x1b\[A)?\s*$")


def without_bars(text: str) -> str:
    """What a terminal shows in the end, without bars: a line begins anew at each carriage return."""
    parts = (part.replace("\x1b[A", "") for line in text.split("\n") for part in re.split(r"\r|(?<=/s\])", line))
    return "".join(f"{part.rstrip()}\n" for part in parts if not BAR.search(part))


def cleaned(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Outputs without standard error, and with what goes to standard output in one piece."""
    kept: list[nbformat.NotebookNode] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    for output in kept:
        if output.output_type == "stream":
            output.text = without_bars(output.text)
    return kept


def main() -> None:
    """Raises CellExecutionError for a cell that fails; then the notebook is left as it was."""
    path = Path(sys.argv[1])
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=900, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = cleaned(cell.outputs)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
