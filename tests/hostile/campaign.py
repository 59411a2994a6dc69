"""Hostile inputs for as long as it is given: draws random mutations of each kind, and says how many were answered well.

    python campaign.py [--seconds 60] [--seed 0] [--kinds "gin value" ...]

Inputs run in a process of their own, one after the other; one that ends the process or takes too long is a fault."""

from __future__ import annotations

import argparse
import importlib
import json
import random
import resource
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hostile_generators import GENERATORS
from hostile_judge import Answer, Input, judge
from hostile_world import make_world

MAINS = {"data": "ground_truth.__main__", "train": "training.__main__", "export": "export.__main__",
         "evaluate": "evaluation.__main__", "aggregate": "evaluation.reporting.aggregate",
         "report": "evaluation.reporting.report", "visualize": "evaluation.visualize.__main__",
         "study": "study.__main__", "reproduce": "training.studies.reproduce"}
MOST_SECONDS = 600.0  # for one input, on a machine that others use, too; the process is ended then
MOST_MEMORY = 16 << 30  # of the process


def try_one(seed: int, kinds: list[str], world: Path, place: Path) -> tuple[Input, Answer]:
    """Makes the input of a seed in a copy of the world, and judges the answer."""
    draw = random.Random(seed)
    kind = kinds[seed % len(kinds)]
    copy = place / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(world, copy)
    given = GENERATORS[kind](draw, copy)
    main = importlib.import_module(f"unbraid.{MAINS[given.command]}").main
    return given, judge(given, main, copy)


def work(world: Path, first: int, kinds: list[str]) -> None:
    """Tries one seed after the other, and writes a line before and after each, until it is ended."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    with tempfile.TemporaryDirectory() as place:
        for seed in range(first, sys.maxsize):
            print(json.dumps({"seed": seed}), flush=True)
            given, answer = try_one(seed, kinds, world, Path(place))
            print(json.dumps({"kind": given.kind, "what": given.what, "command": given.command, "status": answer.status,
                              "faults": answer.faults, "errors": answer.errors[-300:]}), flush=True)


def campaign(seconds: float, first: int, kinds: list[str], verbose: bool = False) -> tuple[int, int]:
    """Returns how many inputs were tried and how many of them answered well; prints each fault."""
    tried, well, statuses = Counter[str](), Counter[str](), Counter[int]()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder) / "world")
        while time.monotonic() < end:
            for number, line in lines_of_worker(world, first, kinds, end):
                first = number + 1
                tried[line["kind"]] += 1
                well[line["kind"]] += not line["faults"]
                statuses[line["status"]] += 1
                if line["faults"] or verbose:
                    print(f"{number} {line['kind']}: {line['command']}: {line['what']}: {line['status']} "
                          f"{'; '.join(line['faults'])} {line['errors'] if verbose else ''}", flush=True)
    for kind in sorted(tried):
        print(f"  {kind}: {tried[kind]} tried, {well[kind]} answered well")
    print(f"  statuses: {dict(sorted(statuses.items(), key=str))}")
    return sum(tried.values()), sum(well.values())


def lines_of_worker(world: Path, first: int, kinds: list[str], end: float) -> Iterator[tuple[int, dict[str, Any]]]:
    """(seed, result) of each input of one process, until `end`, or until an input ends it: that is a fault."""
    command = [sys.executable, __file__, "--work", str(world), "--seed", str(first), "--kinds", *kinds]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        selector = selectors.DefaultSelector()
        selector.register(process.stdout, selectors.EVENT_READ)
        seed = first
        while True:
            is_there = selector.select(MOST_SECONDS)
            line = process.stdout.readline() if is_there else ""
            if not line:
                reason = "ended the process" if is_there else f"no answer within {MOST_SECONDS:.0f} s"
                process.kill()
                yield seed, {"kind": kinds[seed % len(kinds)], "what": "", "command": "", "status": process.wait(),
                             "faults": [reason], "errors": ""}
                return
            values = json.loads(line)
            if "seed" in values:
                seed = values["seed"]
                if time.monotonic() > end:
                    process.kill()
                    return
            else:
                yield seed, values


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=list(GENERATORS), choices=list(GENERATORS))
    parser.add_argument("--verbose", action="store_true", help="print every input and what was said")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work, arguments.seed, arguments.kinds)
    tried, well = campaign(arguments.seconds, arguments.seed, arguments.kinds, arguments.verbose)
    print(f"{tried} tried, {well} answered well")
    return 0 if tried == well else 1


if __name__ == "__main__":
    sys.exit(main())
