"""Commands ended at random moments, and started twice at once: is anything lost or left, and is the next run right?

    python kills.py [--trials 40] [--seed 0] [--commands train ...]

Each trial starts a command on a copy of a small run, ends it by SIGKILL, SIGTERM or SIGINT after a random share of the
time it takes, or starts a second one beside it; then it runs the command again to its end and looks at the folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from hostile_world import make_world

STATUSES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
WAYS = ["SIGKILL", "SIGTERM", "SIGINT", "two at once"]
MOST_SECONDS = 300.0  # of processor time: others may use the machine, too
CLEANUP_SECONDS = 30.0  # Slurm's time between SIGTERM and SIGKILL
IDLE_SECONDS = 120.0  # a process that uses no processor time for so long hangs
COMMANDS = {
    "train": ["--gin_config", "train.gin", "--model_dir", "new/model", "--resume", "--gin_bindings",
              "model.training_steps = 60"],
    "export": ["--model_dir", "run/model", "--output_dir", "new/export", "--overwrite"],
    "evaluate": ["--model_dir", "run/representation", "--output_dir", "new/metrics", "--gin_config", "metric.gin",
                 "modularity_explicitness", "--gin_bindings", "modularity_explicitness.num_train = 200",
                 "modularity_explicitness.num_test = 100", "--resume"],
    "report": ["run", "--output_path", "new/report.html"],
    "aggregate": ["--result_file_pattern", "run", "--output_path", "new/rows.json", "new/rows.csv", "--table",
                  "new/table.md"],
    "study": ["--models", "run/representation", "--output_dir", "new/study", "--metrics", "mig", "--gin_bindings",
              "mig.num_train = 500"],
    "reproduce": ["--study", "unsupervised_study_v1", "--model_num", "0", "--output_directory", "new/run", "--metrics",
                  "mig", "--gin_bindings", "dataset.name = 'dummy_data'", "model.training_steps = 6",
                  "model.batch_size = 4"],
}
# Times, random identifiers, and hashes of files that hold such.
VARIES = re.compile(r"elapsed_time|uuid|events\.out|[0-9a-f]{64}|study/(tasks|logs|study\.json)")


@dataclass
class Trial:
    """What one trial came to."""

    command: str
    way: str
    share: float
    faults: list[str] = field(default_factory=list)


def start(command: str, folder: Path) -> subprocess.Popen[str]:
    program = Path(sys.executable).with_name(f"unbraid-{command}")
    return subprocess.Popen([program, *COMMANDS[command]], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True)


def finish(process: subprocess.Popen[str], seconds: float = MOST_SECONDS) -> tuple[int, str]:
    """Status and standard error, from which warnings and bars are left out."""
    used, idle_since = processor_seconds(process.pid), time.monotonic()
    most = used + seconds
    while True:
        try:
            errors = process.communicate(timeout=5)[1]
            break
        except subprocess.TimeoutExpired:
            if (now := processor_seconds(process.pid)) > used:
                used, idle_since = now, time.monotonic()
            if now > most or time.monotonic() - idle_since > IDLE_SECONDS:
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait(), f"no end within {seconds:.0f} s of processor time, or nothing done"
    lines = [line for line in errors.splitlines() if line.startswith("unbraid-")]
    return process.returncode, "\n".join(lines or errors.splitlines()[-1:] if process.returncode else lines)


def processor_seconds(session: int) -> float:
    """Processor time of the running processes of a session so far."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = status.read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15])) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def try_one(draw: random.Random, command: str, way: str, world: Path, folder: Path, usual: float,
            expected: dict[str, str]) -> Trial:
    """Ends a command once, or starts two; then runs it to its end and compares with a run that nobody disturbed."""
    trial = Trial(command, way, draw.random())
    shutil.copytree(world, folder)
    first = start(command, folder)
    time.sleep(trial.share * usual)
    if way == "two at once":
        two_at_once(trial, first, start(command, folder))
    else:
        end(trial, first, signal.Signals[way], folder)
    status, errors = finish(start(command, folder))
    if status:
        trial.faults.append(f"the next run ends with {status}: {errors}")
    elif (found := contents(folder / "new")) != expected:
        trial.faults.append(f"the next run differs: {'; '.join(differences(found, expected)[:4])}")
    if left := hidden(folder):
        trial.faults.append(f"left after the next run: {', '.join(left)}")
    return trial


def end(trial: Trial, process: subprocess.Popen[str], number: signal.Signals, folder: Path) -> None:
    is_ours = _catches_sigterm(process)  # before that Python itself is starting
    process.send_signal(number)
    started = time.monotonic()
    status, errors = finish(process, CLEANUP_SECONDS)
    if status == 0 or (status in (-number, STATUSES[number]) and not is_ours):
        return  # it was faster, or had not begun
    if status != STATUSES[number]:
        trial.faults.append(f"status {status} instead of {STATUSES[number]} after {time.monotonic() - started:.0f} s: "
                            f"{errors}")
    if number != signal.SIGKILL:
        if errors.count("\n") or not errors.startswith(f"unbraid-{trial.command}: "):
            trial.faults.append(f"said {errors!r}")
        if left := hidden(folder):
            trial.faults.append(f"left behind: {', '.join(left)}")


def _catches_sigterm(process: subprocess.Popen[str]) -> bool:
    """Whether a process heeds signals in its own way, as Linux says."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
        return bool(int(text.split("SigCgt:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1)
    except (OSError, IndexError):
        return True


def two_at_once(trial: Trial, *processes: subprocess.Popen[str]) -> None:
    """One does it all, and the other is refused by a sentence that names it, or comes when all is done."""
    ended = [(process.pid, *finish(process)) for process in processes]
    for (_, status, said), (other, other_status, _) in (ended, ended[::-1]):
        was_refused = status == 2 and other_status == 0 and f"process {other}" in said and "is being written by" in said
        if status != 0 and not was_refused:
            trial.faults.append(f"one ends with {status}: {said}")


def hidden(folder: Path) -> list[str]:
    """Temporaries and locks."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*"))


def contents(folder: Path) -> dict[str, str]:
    """What each file says, but for times and random identifiers; of binary files that they are there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not VARIES.search(name):
            is_text = path.suffix in (".json", ".csv", ".gin", ".md")
            lines = path.read_text().splitlines() if is_text else []
            found[name] = "\n".join(line for line in lines if not VARIES.search(line))
    return found


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """The files that differ, with the first line that does."""
    said = []
    for name in sorted(found.keys() | expected.keys()):
        if name not in found or name not in expected:
            said.append(f"{name} is {'missing' if name in expected else 'new'}")
        elif found[name] != expected[name]:
            pairs = zip_longest(found[name].splitlines(), expected[name].splitlines())
            here, there = next(pair for pair in pairs if pair[0] != pair[1])
            said.append(f"{name} says {here!r:.200} instead of {there!r:.200}")
    return said


def campaign(trials: int, seed: int, commands: list[str]) -> list[Trial]:
    """Runs the trials, each command and way in turn, and prints each fault."""
    done = []
    with tempfile.TemporaryDirectory() as place:
        world = make_world(Path(place) / "world")
        undisturbed = {command: _undisturbed(command, world, Path(place) / f"whole_{command}") for command in commands}
        plan = [(command, way) for way in WAYS for command in commands]
        for number in range(trials):
            command, way = plan[number % len(plan)]
            folder = Path(place) / "trial"
            trial = try_one(random.Random(seed + number), command, way, world, folder, *undisturbed[command])
            shutil.rmtree(folder, ignore_errors=True)
            done.append(trial)
            if trial.faults:
                print(f"{number} {command}, {way} at {trial.share:.2f}: {'; '.join(trial.faults)}", flush=True)
    return done


def _undisturbed(command: str, world: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """How long a command takes, and what it writes."""
    shutil.copytree(world, folder)
    started = time.monotonic()
    status, errors = finish(start(command, folder))
    assert status == 0, errors
    return time.monotonic() - started, contents(folder / "new")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), choices=list(COMMANDS))
    arguments = parser.parse_args()
    done = campaign(arguments.trials, arguments.seed, arguments.commands)
    for way in WAYS:
        of_way = [trial for trial in done if trial.way == way]
        clean = sum(not trial.faults for trial in of_way)
        print(f"  {way}: {len(of_way)} trials, {clean} clean")
    by_command = Counter(trial.command for trial in done if trial.faults)
    print(f"{len(done)} trials, {sum(not trial.faults for trial in done)} clean"
          + (f"; faults: {dict(by_command)}" if by_command else ""))
    return 1 if by_command else 0


if __name__ == "__main__":
    sys.exit(main())
