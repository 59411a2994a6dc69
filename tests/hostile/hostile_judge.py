"""Whether a command answered a hostile input well: one clear sentence, the right status, nothing left, nothing run."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import resource
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unbraid.common.configuration import gin_internals

MOST_SECONDS = 60.0
MOST_BYTES = 2 << 30  # that a command may take beyond what the process had
MOST_CHARACTERS = 6000
CANARY = "CANARY"  # the name of a file that code in an input would make
DONE, INCOMPLETE, REFUSED = 0, 1, 2


@dataclass
class Input:
    """One hostile input: a command, and what it may answer.

    must_refuse: whether the input is surely bad, so that only status 2 (or 1, where files are left out) is right.
    largest_file: bytes beyond which no file can be written, as on a full disk."""

    kind: str
    what: str
    command: str
    arguments: list[str]
    must_refuse: bool = False
    largest_file: int | None = None


@dataclass
class Answer:
    """What came of an input; faults is empty where it was answered well."""

    status: int | None
    errors: str
    faults: list[str] = field(default_factory=list)


def judge(given: Input, main: Callable[[Sequence[str]], int], folder: Path) -> Answer:
    """Runs a command in this process, in `folder`, and looks at what it says, leaves and takes."""
    before, memory, start = tree(folder), peak_memory(), time.process_time()  # others may use the machine
    status, errors, trace = run(given, main, folder)
    answer = Answer(status, errors)
    faults = answer.faults
    if trace:
        faults.append(f"traceback: {trace}")
    elif status not in (DONE, INCOMPLETE, REFUSED):
        faults.append(f"status {status}")
    if status == DONE and given.must_refuse:
        faults.append("accepted although bad")
    if status == REFUSED:
        faults += unclear(errors, given.command)
        is_training = "Training stopped" in errors  # at a loss that is not finite, long after it was accepted
        if left := sorted(tree(folder) - before if not is_training else ()):
            faults.append(f"left behind: {', '.join(left[:3])}")
    if hidden := [name for name in tree(folder) if ".unbraid-" in name]:
        faults.append(f"temporaries: {', '.join(hidden[:3])}")
    if (folder / CANARY).exists():
        faults.append("code of the input ran")
    if (seconds := time.process_time() - start) > MOST_SECONDS:
        faults.append(f"took {seconds:.0f} s")
    if peak_memory() - memory > MOST_BYTES:
        faults.append(f"took {(peak_memory() - memory) >> 20} MB")
    return answer


def run(given: Input, main: Callable[[Sequence[str]], int], folder: Path) -> tuple[int | None, str, str]:
    """Status, what was said on standard error, and the traceback of an exception that escaped."""
    output, errors, trace, status = io.StringIO(), io.StringIO(), "", None
    logging.root.handlers.clear()  # they hold the standard error of the run before
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if given.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.largest_file, limits[1]))
    place = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = main(given.arguments)
    except SystemExit as stopped:  # argparse
        status = stopped.code if isinstance(stopped.code, int) else REFUSED
    except Exception:
        trace = " | ".join(traceback.format_exc().strip().splitlines()[-4:])
    finally:
        os.chdir(place)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    if gin_internals.bindings():
        trace += " gin is not cleared"
    return status, errors.getvalue(), trace


def unclear(errors: str, command: str) -> list[str]:
    """What is wrong with the words of a refusal: its last line is a sentence of the command, and no line is a trace."""
    lines = [line for line in errors.splitlines() if line.strip() and "\r" not in line]
    faults = []
    if not lines or not re.match(rf"unbraid-{command}(: | \w+: error: )", lines[-1]):
        faults.append(f"the last line is no sentence of the command: {lines[-1:]}")
    if any("Traceback" in line for line in lines):
        faults.append("a traceback is printed beside the sentence")
    if noise := [line for line in lines[:-1] if not re.match(r"[WEI] unbraid|usage: |  ", line)]:
        faults.append(f"noise: {noise[0][:200]}")
    if len(errors) > MOST_CHARACTERS:
        faults.append(f"{len(errors):,} characters")
    if lines and re.search(r":\.?$", lines[-1]):
        faults.append(f"the sentence breaks off: {lines[-1][-80:]}")
    return faults


def tree(folder: Path) -> set[str]:
    """All paths below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def peak_memory() -> int:
    """Most bytes of memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
