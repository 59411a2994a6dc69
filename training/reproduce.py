"""unbraid-reproduce: trains a model of a published study by its number, exports and scores it."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..common.commands import run_command
from ..common.errors import UserError
from .studies import find_study

REPRESENTATIONS = ("mean", "sampled")


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 for input that cannot be used."""
    parser = argparse.ArgumentParser(prog="unbraid-reproduce", description=__doc__)
    parser.add_argument("--study", default="unsupervised_study_v1", help="name of the study (default: %(default)s)")
    parser.add_argument("--model_num", type=int, required=True, help="number of the model in the study")
    parser.add_argument("--output_directory", type=Path, help="default: output/STUDY/MODEL_NUM")
    parser.add_argument("--only_print", action="store_true", help="print configuration and commands, run nothing")
    return run_command(_reproduce, parser, argv)


def commands(study_name: str, model_num: int, output: Path) -> list[list[str]]:
    """What has to be run, in order.  Raises UserError for a study or number that does not exist.

    Training takes its seed from the study; representations and metrics draw theirs from RandomState(0), as
    disentanglement_lib does."""
    study = find_study(study_name)
    bindings = ["model.name = 'shared'", f"model.model_num = {model_num}", *study.model_bindings(model_num)]
    random_state = np.random.RandomState(0)
    model_dir = str(output / "model")
    run = [["unbraid.training", "--resume", "--model_dir", model_dir, "--gin_config", study.config, "--gin_bindings",
            *bindings]]
    for name in REPRESENTATIONS:
        seed = f"postprocess.random_seed = {random_state.randint(2**32)}"
        run.append(["unbraid.export", "--overwrite", "--model_dir", model_dir, "--output_dir",
                    str(output / "postprocessed" / name), "--gin_config", f"export/{name}", "--gin_bindings", seed,
                    f"postprocess.name = '{name}'"])
    for name in REPRESENTATIONS:
        for metric in study.metrics:
            seed = f"evaluation.random_seed = {random_state.randint(2**32)}"
            run.append(["unbraid.evaluation", "--resume", "--model_dir", str(output / "postprocessed" / name),
                        "--output_dir", str(output / "metrics" / name / metric), "--gin_config", metric,
                        "--gin_bindings", seed, f"evaluation.name = '{metric}'"])
    return run


def _reproduce(arguments: argparse.Namespace) -> None:
    output = arguments.output_directory or Path("output") / arguments.study / str(arguments.model_num)
    run = commands(arguments.study, arguments.model_num, output)
    print("\n".join(find_study(arguments.study).model_bindings(arguments.model_num)), end="\n\n")
    for command in run:
        print("python -m", shlex.join(command), flush=True)
        if not arguments.only_print and subprocess.run([sys.executable, "-m", *command], check=False).returncode:
            raise UserError(f"{command[0]} failed; what it printed says why. The same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
