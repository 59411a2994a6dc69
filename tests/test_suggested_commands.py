"""Commands that messages, pages and documents suggest exist, with the options that they are suggested with."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from unbraid.common.console import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("common", "metrics", "ground_truth", "training", "export", "evaluation", "study")
# To the end of a sentence, a quoted text or a line; a command may be quoted itself.
COMMAND = re.compile(rf"""unbraid[- ](?P<name>{'|'.join(COMMANDS)})(?P<rest>(?: +(?:'[^'\n]*'|"[^"\n]*"|[^\s`;]+))*)""")
OPTION = re.compile(r"(?<![\w-])--[a-z]\w*")


@functools.cache
def options_of(name: str, subcommand: str = "") -> set[str]:
    """The options in a command's help."""
    module = importlib.import_module("unbraid" + COMMANDS[name][0])
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        module.main([*filter(None, [subcommand]), "--help"])
    return set(OPTION.findall(text.getvalue()))


@functools.cache
def subcommands() -> set[str]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        importlib.import_module("unbraid.ground_truth.__main__").main(["--help"])
    return set(re.findall(r"^    ?(\w+)  ", text.getvalue(), flags=re.MULTILINE))


def texts_of(path: Path) -> Iterator[str]:
    """Texts in a source file, formatted ones with `x` for what is filled in; a document as a whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield text.replace("\\\n", " ")
        return
    tree = ast.parse(text)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def wrong_in(text: str) -> list[str]:
    """Suggestions that no command takes."""
    found = []
    for match in COMMAND.finditer(text):
        name, rest = match["name"], re.split(r"[.:,)](?:\s|$)", match["rest"])[0]
        first = rest.split()[:1]
        known = options_of(name)
        if name == "data" and first and first[0].isalpha() and first[0].islower():
            if first[0] not in subcommands():
                continue  # a sentence about the command
            known = options_of(name, first[0])
        found += [f"unbraid-{name}: {option}" for option in OPTION.findall(rest) if option not in known]
    return found


def wrong_suggestions(files: Iterable[Path]) -> dict[str, list[str]]:
    found = {str(path.relative_to(ROOT)): [each for text in texts_of(path) for each in wrong_in(text)]
             for path in sorted(files)}
    return {path: wrong for path, wrong in found.items() if wrong}


@pytest.mark.parametrize("text", ["run: unbraid-export --form x", "Try 'unbraid train --gin_confg a' or",
                                  "`unbraid-data preview custom --gin_binding x`"])
def test_a_wrong_suggestion_is_found(text: str) -> None:
    assert wrong_in(text)


@pytest.mark.parametrize("floor", FLOORS)
def test_messages_suggest_what_exists(floor: str) -> None:
    assert not wrong_suggestions(path for path in (ROOT / floor).rglob("*") if path.suffix in (".py", ".html", ".js"))


def test_documents_and_scripts_suggest_what_exists() -> None:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "scripts").rglob("*.sh"),
             *(ROOT / "gin_configs").rglob("*.gin")]
    assert not wrong_suggestions(files)
