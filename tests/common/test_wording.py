"""Messages name flags at a terminal and arguments in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbraid.common.commands.wording import bindings_option, command_wording, option

ROOT = Path(__file__).resolve().parents[2]
FLAG = re.compile(r"(?<![\w-])--[a-z]\w*")
SUGGESTED = re.compile(r"unbraid-\w+[^;,]*")  # a command, whose flags are flags for everybody
# What is called from Python, without the files that serve commands alone.
CALLED = ("common/disk", "common/numerics", "export/formats", "export/importers", "export/reading", "export/writing",
          "export/postprocessing", "evaluation/api", "training/running", "training/architectures", "training/speed")
FOR_COMMANDS = ("checkpoint_cache.py", "inspection.py")


def texts(path: Path) -> Iterator[str]:
    """Texts of a source file, docstrings apart; formatted ones as a whole."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {id(node.body[0].value) for node in ast.walk(tree)
                  if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body
                  and isinstance(node.body[0], ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented | inside:
            yield node.value


@pytest.mark.parametrize("folder", CALLED)
def test_messages_of_what_is_called_from_python_name_no_flags(folder: str) -> None:
    found = {f"{path.relative_to(ROOT)}: {text[:80]}" for path in (ROOT / folder).rglob("*.py")
             if path.name not in FOR_COMMANDS for text in texts(path)
             if " " in text and FLAG.search(SUGGESTED.sub("", text))}
    assert not found


@pytest.mark.parametrize(("given", "in_python", "at_a_terminal"), [
    (lambda: option("overwrite"), "overwrite=True", "--overwrite"),
    (lambda: option("device", "cpu"), "device=cpu", "--device cpu"),
    (lambda: option("format", "NAME", "source=NAME"), "source=NAME", "--format NAME"),
    (lambda: bindings_option("mig.num_train = 5"), 'bindings=["mig.num_train = 5"]',
     '--gin_bindings "mig.num_train = 5"'),
])
def test_options_are_named_where_the_reader_is(given, in_python: str, at_a_terminal: str) -> None:
    assert given() == in_python
    with command_wording():
        assert given() == at_a_terminal
