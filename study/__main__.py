"""unbraid-study: thousands of models with one command, on this machine or a cluster."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.checking.values import counted
from ..common.commands.command_line import INCOMPLETE, add_gin_arguments, progress, run_command
from ..common.disk.files import require_folder
from ..common.disk.locks import locked
from ..common.errors import UserError
from .engines import EXAMPLES

if TYPE_CHECKING:
    from .task import Task


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-study",
        description="Trains, exports and scores many models, or scores many that exist; what is done and current is "
                    "kept, so the same command goes on after any interruption.",
        epilog="Examples: unbraid-study --study cfasl --model_num 0-99 --output_dir runs/cfasl --engine local:4;  "
               "unbraid-study --models 'runs/*/representation' --preset dlib_2019 --output_dir scores --engine slurm;  "
               "unbraid-study --output_dir runs/cfasl --status")
    models = parser.add_argument_group("models")
    models.add_argument("--study", help="name of a published study (unbraid-reproduce --list)")
    models.add_argument("--model_num", default="all", help="numbers of its models: all, or such as 0-99,120 "
                                                           "(default: all)")
    models.add_argument("--models", nargs="+", metavar="PATTERN",
                        help="models to score: paths, or patterns in quotes, such as 'runs/*/representation'")
    parser.add_argument("--output_dir", type=Path, required=True, help="folder of the study: OUTPUT_DIR/MODEL for each")
    scores = parser.add_argument_group("scores")
    scores.add_argument("--preset", help="metrics of a paper (default: the study's own)")
    scores.add_argument("--metrics", nargs="+", metavar="METRIC", help="metric configs instead of a preset")
    scores.add_argument("--save_codes", action="store_true",
                        help="keep the codes of each model, so that later metrics, presets and seeds encode nothing")
    add_gin_arguments(parser, required=False)
    add_engine_arguments(parser)
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--dry_run", action="store_true", help="print the tasks and an estimate of time; run nothing")
    actions.add_argument("--status", action="store_true", help="print what is done, running and failed; run nothing")
    parser.add_argument("--check", action="store_true",
                        help="also run the tasks that are recorded as done, whose steps keep what is current")
    parser.add_argument("--no_aggregate", action="store_true", help="write no table and leaderboard at the end")
    return parser


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where it runs")
    group.add_argument("--engine", default="local", help=f"{EXAMPLES} (default: local; docs/scaling.md)")
    group.add_argument("--shard", metavar="I/N", help="only part I of N, for several machines without an engine")
    group.add_argument("--cores_per_task", type=int, default=1, metavar="N",
                       help="cores, and threads of every library, for each task (default: 1)")
    group.add_argument("--gpus", type=int, default=0, metavar="N",
                       help="share out N GPUs of each machine; each task sees one (default: 0, tasks see what the "
                            "engine's workers see)")
    group.add_argument("--tasks_per_gpu", type=int, default=1, metavar="K", help="tasks that share a GPU (default: 1)")
    group.add_argument("--retries", type=int, default=2, metavar="K",
                       help="further attempts for a task that was killed or whose worker was lost (default: 2)")
    group.add_argument("--partition", help="Slurm: partition")
    group.add_argument("--timeout_min", type=int, default=24 * 60, help="Slurm: time limit; a job is queued again "
                                                                        "and goes on (default: a day)")
    group.add_argument("--parallel", type=int, default=256, help="Slurm: jobs at a time (default: 256)")


def study(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 when a task failed."""
    from .progress import summary

    check_counts(arguments)
    if arguments.status:
        print(summary(arguments.output_dir))
        return 0
    tasks = list_tasks(arguments)
    if arguments.dry_run:
        print(plan(tasks, arguments))
        return 0
    with claimed(arguments.output_dir, *parse_shard(arguments.shard)):
        return run(tasks, arguments)


@contextlib.contextmanager
def claimed(folder: Path, number: int, count: int) -> Iterator[None]:
    """Within the block no other command runs this study, or this part of it; other parts may run side by side.

    Raises BusyError, naming host and process of the other, and UserError where the folder is a file."""
    require_folder(folder)
    if count == 1:
        with locked(folder):
            yield
    else:
        with locked(folder, shared=True), locked(folder / f"shard_{number}_of_{count}"):
            yield


def list_tasks(arguments: argparse.Namespace) -> list[Task]:
    """The tasks of this command, or of its shard.  Raises UserError where nothing says which models."""
    from .selection import tasks_of_models, tasks_of_study, with_kept_codes
    from .task import shard

    if (arguments.study is None) == (arguments.models is None):
        raise UserError("Expected either --study NAME or --models PATTERN.")
    if arguments.study is not None:
        if arguments.gin_config:
            raise UserError("--gin_config is not for --study, whose configuration is its own; --metrics chooses "
                            "metrics, --gin_bindings changes the training.")
        tasks = tasks_of_study(arguments.study, arguments.model_num, arguments.output_dir, arguments.cores_per_task,
                               arguments.gin_bindings, arguments.metrics, arguments.preset)
    else:
        tasks = tasks_of_models(arguments.models, arguments.output_dir, arguments.cores_per_task,
                                [*(arguments.metrics or []), *arguments.gin_config], arguments.gin_bindings,
                                arguments.preset)
    if arguments.save_codes:
        tasks = [with_kept_codes(task) for task in tasks]
    arguments.num_tasks = len(tasks)  # of the whole study, which --status counts
    number, count = parse_shard(arguments.shard)
    return shard(tasks, number, count)


def parse_shard(text: str | None) -> tuple[int, int]:
    """(part, number of parts) of "2/8".  Raises UserError."""
    numbers = [counted(part) for part in (text or "1/1").split("/")]
    if len(numbers) != 2 or not numbers[0] or not numbers[1] or numbers[0] > numbers[1]:
        raise UserError(f"--shard {text}: expected I/N with I from 1 to N, such as 2/8.")
    return numbers[0], numbers[1]


def plan(tasks: Sequence[Task], arguments: argparse.Namespace) -> str:
    """The commands of every task that has to run, their number, and the time they take, judging by finished ones."""
    import shlex

    from .driver import pending
    from .progress import read_states

    states = read_states(arguments.output_dir, [task.name for task in tasks])
    waiting = pending(tasks, states, arguments.check)
    lines = [f"{task.name}: " + " && ".join(f"python -m {shlex.join(command)}" for command in task.commands)
             for task in waiting]
    seconds = [state["seconds"] for state in states.values() if state["status"] == "done"]
    estimate = (f"about {len(waiting) * sum(seconds) / len(seconds) / 3600:.1f} hours of one worker, by "
                f"{len(seconds)} finished tasks" if seconds else "no task is finished yet, so there is no estimate")
    return "\n".join([*lines, f"{len(waiting)} of {len(tasks)} tasks to run; {estimate}."])


def run(tasks: Sequence[Task], arguments: argparse.Namespace) -> int:
    from ..common.disk.files import write_json
    from .driver import pending, refresh_page, run_tasks
    from .engines import make_engine
    from .progress import failure_list, read_states
    from .worker import Resources, end_steps, run_task

    folder = arguments.output_dir
    waiting = pending(tasks, read_states(folder, [task.name for task in tasks]), arguments.check)
    print(f"{len(tasks)} tasks, {len(tasks) - len(waiting)} of them done.")
    ended: dict[str, dict[str, Any]] = {}
    if waiting:
        settings = {"folder": str(folder / "slurm"), "partition": arguments.partition, "parallel": arguments.parallel,
                    "timeout_min": arguments.timeout_min, "gpus": arguments.gpus,
                    "tasks_per_gpu": arguments.tasks_per_gpu}
        engine = make_engine(arguments.engine, run_task, arguments.cores_per_task, settings)
        resources = Resources(arguments.cores_per_task, 0 if engine.assigns_gpus else arguments.gpus,
                              arguments.tasks_per_gpu)
        write_json(folder / "study.json", {"num_tasks": arguments.num_tasks, "command": sys.argv[1:]})
        try:
            with progress(total=len(tasks), initial=len(tasks) - len(waiting), unit="model") as bar:
                ended = run_tasks(waiting, folder, engine, resources, arguments.retries, lambda state: show(bar, state))
        finally:
            engine.drop()  # before the steps of an interrupted study end and make room for others
            end_steps()
            engine.close()
            refresh_page(folder, tasks)
    failed = [state for state in ended.values() if state["status"] == "failed"]
    if not arguments.no_aggregate and len(failed) < len(tasks):
        with locked(folder / "collecting", wait=True):  # another part of the study may end at the same time
            collect(folder)
    if failed:
        print(failure_list(failed), f"\nThe same command tries them again; {folder}/logs has what they printed.")
    return INCOMPLETE if failed else 0


def show(bar: Any, state: dict[str, Any]) -> None:
    """Moves the bar on and keeps count of failures."""
    if state["status"] == "failed":
        bar.write(f"{state['name']} failed: {state['error']}")
        bar.num_failed = getattr(bar, "num_failed", 0) + 1
        bar.set_postfix(failed=bar.num_failed, refresh=False)
    bar.update()


def collect(folder: Path) -> None:
    """The aggregated table and the leaderboard."""
    from ..common.commands.children import run_child

    run_child("unbraid.evaluation.reporting.aggregate", [
        "--result_file_pattern", str(folder), "--output_path", str(folder / "results.json"), "--leaderboard",
        str(folder)])


def check_counts(arguments: argparse.Namespace) -> None:
    """Raises UserError for counts that cannot be."""
    for name, least in (("cores_per_task", 1), ("tasks_per_gpu", 1), ("gpus", 0), ("retries", 0), ("parallel", 1),
                        ("timeout_min", 1)):
        if getattr(arguments, name) < least:
            raise UserError(f"--{name} is {getattr(arguments, name)}; expected {least} or more.")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(study, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
