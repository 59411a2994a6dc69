"""The one command `unbraid`, and what a shell is told to complete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unbraid import __version__
from unbraid.common import console


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    start = "import sys; from unbraid.common.console import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_command() -> None:
    shown = run("--help").stdout
    assert all(f"  {name} " in shown for name in console.COMMANDS)
    assert run().stdout == shown


def test_version() -> None:
    assert run("--version").stdout == f"unbraid {__version__}\n"


@pytest.mark.parametrize("name", ["train", "unbraid-train"])
def test_a_command_runs_as_by_its_own_name(name: str) -> None:
    found = run(name, "--help")
    assert found.returncode == 0
    assert found.stdout.startswith("usage: unbraid-train")


def test_an_unknown_command_is_one_sentence() -> None:
    found = run("evalute")
    assert found.returncode == 2
    assert found.stderr.startswith("unbraid: Unknown command 'evalute'. Did you mean evaluate? Expected one of: data, ")


@pytest.mark.parametrize(("line", "expected"), [
    ("unbraid-aggregate --leader", ["--leaderboard"]),
    ("unbraid aggregate --leader", ["--leaderboard"]),
    ("unbraid evaluate --preset cfasl", ["cfasl_2024"]),
    ("unbraid ex", ["export"]),
    ("unbraid nothing --", []),
    ("unbraid-evaluate --preset cfasl", ["cfasl_2024"]),
    ("unbraid-train --gin_config jlonevae_three_dots_s", ["jlonevae_three_dots_small"])])
def test_completions(line: str, expected: list[str], tmp_path: Path) -> None:
    pytest.importorskip("argcomplete")
    name = line.split(maxsplit=1)[0].removeprefix("unbraid").removeprefix("-") or "main"
    answer = tmp_path / "answer"
    environment = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
                   "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n"}
    subprocess.run([sys.executable, "-c", f"from unbraid.common.console import {name}; {name}()"], env=environment,
                   cwd=tmp_path, capture_output=True, check=False)
    words = answer.read_text() if answer.exists() else ""
    assert [word.strip() for word in words.split("\n") if word] == expected
