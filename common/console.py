"""Entry points of the console commands: signals are handled before slow imports begin."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Callable

from .commands.command_line import BAD_INPUT, guarded

COMMANDS = {
    "data": (".ground_truth.__main__", "list, describe, fetch, check and preview data sets"),
    "train": (".training.__main__", "train the model that a gin configuration describes"),
    "reproduce": (".training.studies.reproduce", "train, export and score a model of a published study"),
    "export": (".export.__main__", "write a trained model as TorchScript, ONNX and torch.export files"),
    "evaluate": (".evaluation.__main__", "score an exported representation with disentanglement metrics"),
    "study": (".study.__main__", "train, export and score thousands of models, here or on a cluster"),
    "aggregate": (".evaluation.reporting.aggregate", "collect results: JSON, tables, figures, tests, leaderboard"),
    "report": (".evaluation.reporting.report", "write one page about a run, or a comparison of several"),
    "warmup": (".evaluation.protocol.warm_up", "compile ahead what the first score would compile"),
    "visualize": (".evaluation.visualize.__main__", "draw traversals, reconstructions, Jacobians and more"),
}
PACKAGE = __name__.split(".")[0]


def _command(name: str) -> Callable[[], int]:
    def start() -> int:
        return guarded(f"unbraid-{name}", lambda: importlib.import_module(COMMANDS[name][0], PACKAGE).main())

    return start


data, train, reproduce, export, evaluate, study, aggregate, report, warmup, visualize = map(_command, COMMANDS)


def main() -> int:
    """`unbraid COMMAND ...` runs `unbraid-COMMAND ...`; returns its exit status."""
    if "_ARGCOMPLETE" in os.environ:  # the shell asks for completions
        return _completed(os.environ.get("COMP_LINE", ""))
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(_usage())
        return 0
    if name == "--version":
        print(f"unbraid {importlib.import_module(PACKAGE).__version__}")
        return 0
    name = name.removeprefix("unbraid-")
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        print(f"unbraid: Unknown command {name!r}. {hint}Expected one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return BAD_INPUT
    sys.argv[:2] = [f"unbraid-{name}"]
    return _command(name)()


def _completed(line: str) -> int:
    """Answers the shell: with a command's own completions after its name, else with the names."""
    words = line.split()
    if len(words) > 2 or (len(words) == 2 and line.endswith(" ")):
        if words[1] not in COMMANDS:
            return BAD_INPUT
        os.environ["_ARGCOMPLETE"] = "2"  # argcomplete's count of words before the first argument
        return _command(words[1])()
    from .commands.completion import complete

    parser = argparse.ArgumentParser(prog="unbraid", add_help=False)
    parser.add_argument("command", choices=COMMANDS)
    complete(parser)
    return 0


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(["usage: unbraid COMMAND [OPTIONS]", "       unbraid --version", "", "commands:", *lines, "",
                      "'unbraid COMMAND --help' describes a command; each also exists as unbraid-COMMAND."])
