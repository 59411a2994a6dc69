from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from unbraid.common.commands.command_line import add_gin_arguments, format_table, run_command
from unbraid.common.errors import UserError


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="tool")


def test_bad_input_is_one_sentence_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(arguments: argparse.Namespace) -> None:
        raise UserError("No good.\n  In call to configurable 'mig'")

    assert run_command(fail, parser(), []) == 2
    assert capsys.readouterr().err == "tool: No good.\n"


def test_a_defect_keeps_its_traceback() -> None:
    def fail(arguments: argparse.Namespace) -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        run_command(fail, parser(), [])


def test_gin_flags_may_be_repeated_or_take_several() -> None:
    with_gin = parser()
    add_gin_arguments(with_gin)
    arguments = with_gin.parse_args(["--gin_config", "a", "b", "--gin_config", "c", "--gin_bindings", "x = 1", "y = 2"])
    assert (arguments.gin_config, arguments.gin_bindings) == (["a", "b", "c"], ["x = 1", "y = 2"])


def test_a_table_lines_up() -> None:
    assert format_table(["model", "mig"], [["a", "0.1"], ["longer", "0.25"]]).splitlines() == [
        "model    mig", "------  ----", "a        0.1", "longer  0.25"]


def test_a_reader_that_had_enough_is_no_error() -> None:
    script = ("import argparse; from unbraid.common.commands.command_line import run_command; "
              "raise SystemExit(run_command(lambda a: [print('line') for _ in range(100000)], "
              "argparse.ArgumentParser(prog='tool'), []))")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
