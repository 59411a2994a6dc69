"""unbraid-evaluate: score an exported representation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.commands import add_gin_arguments, progress, run_command
from ..export.foreign.flags import add_hint_arguments, hints_of


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-evaluate",
        description="Scores an exported representation, ours or anybody's, with disentanglement metrics.",
        epilog="Example: unbraid-evaluate --model_dir runs/beta_vae/representation --output_dir runs/beta_vae/metrics "
               "--gin_config mig modularity_explicitness local_mig_0_1.  One metric writes OUTPUT_DIR/results; several "
               "write OUTPUT_DIR/METRIC/results each, every image being encoded once for all of them.")
    required = parser.add_argument_group("required")
    required.add_argument("--model_dir", "--input_dir", required=True, type=Path,
                          help="exported file, or a folder that holds one; or another project's checkpoint, which is "
                               "exported to OUTPUT_DIR.representation first (docs/checkpoints.md)")
    required.add_argument("--output_dir", required=True, type=Path, help="folder to write the results to")
    add_gin_arguments(parser)
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace results that exist")
    existing.add_argument("--resume", action="store_true",
                          help="keep results of this very artifact that exist and compute the others")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the model runs (default: cpu)")
    parser.add_argument("--backend", choices=("auto", "onnx", "torchscript", "export"), default="auto",
                        help="which file and runtime to use (default: the fastest that is there)")
    parser.add_argument("--allow_pickled_code", action="store_true",
                        help="also open a pickled module; this RUNS CODE from the file, so only for files you trust")
    add_hint_arguments(parser)
    return parser


def evaluate(arguments: argparse.Namespace) -> None:
    from ..common.files import refuse_existing
    from ..export.artifact import load_representation
    from ..export.checkpoint_cache import exported_checkpoint
    from .evaluate import Evaluator, metric_configs
    from .tables import metric_by_key

    configs = metric_configs(arguments.gin_config, arguments.gin_bindings)
    outputs = output_directories(arguments.output_dir, list(configs))
    if not arguments.resume:
        for path in outputs.values():
            refuse_existing(path, arguments.overwrite)
    model_dir = exported_checkpoint(arguments.model_dir, arguments.output_dir, chosen_data_set(configs, arguments),
                                    arguments.allow_pickled_code)
    representation = load_representation(model_dir, arguments.backend, arguments.device,
                                         arguments.allow_pickled_code, hints_of(arguments))
    results = finished_results(outputs, representation.sha256) if arguments.resume else {}
    with progress(total=len(configs), unit="metric") as metrics_bar, progress(unit="img", desc="encoding") as bar:
        evaluator = Evaluator(representation, model_dir, report=bar.update)
        for name, config_files in configs.items():
            metrics_bar.set_description(name)
            if name not in results:
                named = [f"evaluation.name = '{name}'"] if len(configs) > 1 else []
                results[name] = evaluator.evaluate(outputs[name], arguments.overwrite or arguments.resume, config_files,
                                                   [*named, *arguments.gin_bindings])
            metrics_bar.update()
    print(metric_by_key({name: results[name] for name in configs}))
    print(f"Results: {arguments.output_dir}")


def chosen_data_set(configs: dict[str, list[str]], arguments: argparse.Namespace) -> str | None:
    """The data set that gin names; None for "auto"."""
    from ..common.configuration import bound, configured

    with configured(next(iter(configs.values())), arguments.gin_bindings):
        name = str(bound("dataset.name", "auto"))
    return None if name == "auto" else name


def finished_results(outputs: dict[str, Path], sha256: str) -> dict[str, Any]:
    """Results by metric that exist and are those of the artifact with this hash."""
    from ..common.results import read_json

    finished = {}
    for name, path in outputs.items():
        file = path / "results" / "json" / "evaluation_results.json"
        if file.is_file() and (found := read_json(file)).get("artifact_sha256") == sha256:
            finished[name] = found
    return finished


def output_directories(output_dir: Path, names: Sequence[str]) -> dict[str, Path]:
    """The folder of each metric: OUTPUT_DIR itself for one, OUTPUT_DIR/NAME for several."""
    return {names[0]: output_dir} if len(names) == 1 else {name: output_dir / name for name in names}


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(evaluate, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
