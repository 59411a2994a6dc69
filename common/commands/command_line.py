"""What all commands share: one sentence and exit status 2 for bad input, signals, logging, bars on a terminal only."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib.util
import io
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..disk.system_errors import sentence_of
from ..errors import UserError, one_sentence
from .children import end_with_parent
from .missing_libraries import missing_library
from .other_libraries import place_caches, send_nothing
from .signals import Stopped, put_off, stop, stop_requested, stoppable, was_replaced
from .wording import command_wording

BAD_INPUT = 2
NO_MEMORY = "There is not enough memory for this."
INCOMPLETE = 1  # exit status of a command that did what it could, while some of what it was given cannot be read


def run_command(main: Callable[[argparse.Namespace], int | None], parser: argparse.ArgumentParser,
                argv: Sequence[str] | None = None) -> int:
    """Parses `argv`, calls `main`, and returns its exit status, see `guarded`."""

    def run() -> int:
        version = importlib.import_module(__name__.split(".")[0]).__version__
        parser.add_argument("--version", action="version", version=f"unbraid {version}", help="print it and exit")
        _say_errors_in_one_line(parser)
        parser.add_argument("--verbose", action="store_true", help="log sizes, seeds, elapsed times and decisions")
        if "_ARGCOMPLETE" in os.environ:  # the shell asks for completions
            from .completion import complete

            complete(parser)
        arguments = parser.parse_args(argv)
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname).1s %(name)s: %(message)s")
        logging.getLogger(__name__.split(".")[0]).setLevel(logging.INFO if arguments.verbose else logging.WARNING)
        logging.captureWarnings(True)
        send_nothing()
        place_caches()
        os.environ["MPLBACKEND"] = "agg"  # pictures are files; notebooks name backends that are not installed here
        with command_wording():
            return main(arguments) or 0

    return guarded(parser.prog, run)


def guarded(prog: str, run: Callable[[], int]) -> int:
    """What `run` returns; 2 after one sentence for bad input and for what the system refuses; 128 + n for signal n.

    Any other exception is a defect of unbraid and keeps its traceback."""
    try:
        with stoppable():
            return _answered(prog, run)
    except Stopped as stopped:  # while the handlers are set up or taken away
        return _stopped(prog, stopped)


def _answered(prog: str, run: Callable[[], int]) -> int:
    """The exit status of `run`, and the sentence for what ended it, as `guarded` says.

    Of a signal that ends a command and those that it runs, only the first one speaks."""
    is_child = False
    try:
        with put_off():  # a stream whose setting up is interrupted prints nothing any more
            _prepare_streams()
            is_child = end_with_parent()
        if stop_requested():
            stop()
        status = _run(run)
        sys.stdout.flush()
        return status
    except Stopped as stopped:
        return stopped.status if is_child else _stopped(prog, stopped)
    except KeyboardInterrupt:  # where signals are not ours: in a thread
        _tell(f"{prog}: interrupted.")
        return 130
    except UserError as error:
        _tell(f"{prog}: {one_sentence(error)}")
        return BAD_INPUT
    except ModuleNotFoundError as error:
        if (sentence := missing_library(error)) is None:
            raise
        _tell(f"{prog}: {sentence}")
        return BAD_INPUT
    except BrokenPipeError:  # the reader, such as head, had enough; nothing more can be said to it
        _forget_output()
        return 0
    except OSError as error:
        is_output = error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EFBIG)
        _tell(f"{prog}: {'Standard output: ' if is_output else ''}{one_sentence(sentence_of(error))}")
        _forget_output()
        return BAD_INPUT
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        _tell(f"{prog}: {NO_MEMORY} {one_sentence(error)} Ask for fewer points, smaller batches or smaller networks.")
        return BAD_INPUT


def _run(run: Callable[[], int]) -> int:
    """What `run` returns.  A library that is interrupted can make an error of its own of it; the signal counts."""
    try:
        return run()
    except Exception:
        if was_replaced():
            stop()
        raise


def _stopped(prog: str, stopped: Stopped) -> int:
    _tell(f"{prog}: {one_sentence(stopped.what)} {stopped.note}".rstrip())
    return stopped.status


def _say_errors_in_one_line(parser: argparse.ArgumentParser) -> None:
    """argparse quotes what it was given, however long and whatever characters it has."""
    error = parser.error
    parser.error = lambda message: error(one_sentence(message))  # type: ignore[method-assign]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                _say_errors_in_one_line(subparser)


def _prepare_streams() -> None:
    """Closed streams take what is printed and drop it; names of files that are no text are printed with escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was refused: to Python, to numpy, or to torch, which raises RuntimeErrors on the CPU."""
    return isinstance(error, MemoryError) or any(
        text in str(error) for text in ("can't allocate memory", "not enough memory", "CUDA out of memory"))


def _tell(sentence: str) -> None:
    """Writes to standard error, which may be closed or full."""
    with contextlib.suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def _forget_output() -> None:
    """What standard output still holds goes nowhere: Python would complain at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def add_gin_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """The two gin flags of disentanglement_lib's commands; each may be repeated or take several values."""
    group = parser.add_argument_group("configuration")
    group.add_argument("--gin_config", nargs="+", action="extend", default=[], required=required, metavar="FILE",
                       help="gin files, or names of shipped configurations such as mig or local_mig_0_1")
    group.add_argument("--gin_bindings", nargs="+", action="extend", default=[], metavar="BINDING",
                       help="gin bindings that override the files, such as 'mig.num_train = 1000'")


def progress(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """A tqdm bar on standard error, shown only when that is a terminal."""
    from tqdm import tqdm

    return tqdm(iterable, disable=None, dynamic_ncols=True, **options)


def notebook_progress(total: int, unit: str, is_shown: bool) -> Any:
    """A bar for functions that users call: a widget in notebooks that have ipywidgets, text everywhere else."""
    if importlib.util.find_spec("ipywidgets"):  # without it, tqdm.auto would warn
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(total=total, unit=unit, disable=not is_shown)


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain text table: first column to the left, the others to the right."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        return "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:],
                                                                                              strict=True))])

    return "\n".join([line(cells[0]), "  ".join("-" * width for width in widths), *map(line, cells[1:])])
