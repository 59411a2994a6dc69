"""unbraid-evaluate: score an exported representation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.commands.command_line import INCOMPLETE, add_gin_arguments, progress, run_command
from ..common.fingerprint import ANY_VERSION
from ..export.foreign.flags import add_hint_arguments, checkpoint_flags, hints_of
from .protocol.presets import DEFAULT_PRESET, ListAction, metrics_of_preset, presets

if TYPE_CHECKING:
    from .protocol.evaluate import Evaluator
    from .protocol.given_codes import GivenCodes
    from .protocol.study import Study


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-evaluate",
        description="Scores exported representations, unbraid's own or foreign, with disentanglement metrics.",
        epilog="Example: unbraid-evaluate --model_dir runs/beta_vae/representation --output_dir runs/beta_vae/metrics "
               "--gin_config mig modularity_explicitness local_mig_0_1.  One metric writes OUTPUT_DIR/results; several "
               "write OUTPUT_DIR/METRIC/results each, and every image is encoded once for all of them; several "
               "models have a folder OUTPUT_DIR/MODEL each.")
    required = parser.add_argument_group("required")
    scored = required.add_mutually_exclusive_group(required=True)
    scored.add_argument("--model_dir", "--input_dir", type=Path, nargs="+",
                        help="exported file(s), or folders that hold one; or another project's checkpoint, which is "
                             "exported to OUTPUT_DIR.representation first (docs/checkpoints.md)")
    scored.add_argument("--codes", type=Path, nargs="+", metavar="FILE",
                        help="codes that another program computed, points in rows: .npy, .npz, .csv, .parquet "
                             "(docs/arrays.md)")
    required.add_argument("--output_dir", required=True, type=Path, help="folder to write the results to")
    points = parser.add_argument_group("what --codes are the codes of")
    points.add_argument("--factors", type=Path, metavar="FILE", help="factors, one row for each row of codes")
    points.add_argument("--data_set", metavar="NAME",
                        help="data set that has one image for each row of codes, in its order; with --model_dir, the "
                             "same as the binding dataset.name")
    add_gin_arguments(parser, required=False)
    parser.add_argument("--preset", "--study", metavar="NAME",
                        help="all metrics of a paper's protocol, each with the settings of its own code: "
                             f"{', '.join(presets())} (default without --gin_config: {DEFAULT_PRESET})")
    parser.add_argument("--list", nargs="?", metavar="PRESET", action=ListAction,
                        help="describe all presets and metrics, or the metrics of one preset, and exit")
    parser.add_argument("--repeats", type=int, default=1, metavar="K",
                        help="score with K consecutive seeds from the config's on; report mean and 95 %% interval")
    parser.add_argument("--jobs", type=int, metavar="N", help="number of parallel jobs (default: number of cores)")
    parser.add_argument("--figures", action="store_true", help="draw heat maps of the matrices behind the scores")
    parser.add_argument("--cite", action="store_true",
                        help="also print the BibTeX of the papers that the metrics come from")
    parser.add_argument("--save_codes", nargs="?", const=True, default=False, metavar="FILE",
                        help="keep the codes of all images in FILE (default: OUTPUT_DIR/codes.npz): with the same "
                             "flag, later metrics, presets and seeds of this model encode nothing; --codes FILE needs "
                             "no model")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace existing results")
    existing.add_argument("--resume", nargs="?", const=True, default=False, choices=(ANY_VERSION,),
                          help="keep results that are complete and have the same artifact, data, settings and library "
                               "versions; compute all others and print why; any-version ignores library versions "
                               "(docs/reuse.md)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the model runs (default: cpu)")
    parser.add_argument("--backend", choices=("auto", "onnx", "torchscript", "export"), default="auto",
                        help="file format and runtime (default: the fastest available)")
    parser.add_argument("--allow_pickled_code", action="store_true",
                        help="also open pickled modules; this RUNS CODE from the file, only for files you trust")
    add_hint_arguments(parser)
    return parser


def evaluate(arguments: argparse.Namespace) -> int:
    from ..common.disk.locks import locked
    from ..export.files.locating import require_existing
    from .protocol.evaluate import metric_configs
    from .protocol.study import Study, model_names
    from .settings.context import using_jobs

    check_counts(arguments)
    check_codes_file(arguments)
    paths = arguments.model_dir or arguments.codes
    for path in arguments.model_dir or ():
        require_existing(path)
    given = given_codes(arguments)
    bindings = [*data_set_bindings(arguments, given), *arguments.gin_bindings]
    preset = chosen_preset(arguments)
    of_preset = metrics_of_preset(preset) if preset else []
    configs = metric_configs([*of_preset, *arguments.gin_config], bindings)
    names = model_names(paths)
    with (progress(total=len(configs) * len(paths), unit="metric") as metrics_bar,
          progress(unit="img", desc="encoding") as bar, using_jobs(arguments.jobs), locked(arguments.output_dir)):
        study = Study(arguments.output_dir, configs, bindings, arguments.overwrite, arguments.resume,
                      arguments.repeats, arguments.figures, dict.fromkeys(of_preset, preset or ""),
                      finished=lambda name: metrics_bar.update(), say=metrics_bar.write,
                      model_finished=lambda name: keep_codes(evaluators[name]))
        study.refuse_existing(names)
        evaluators = given.evaluators(names) if given else make_evaluators(names, study, arguments, bar.update)
        for evaluator in evaluators.values() if arguments.save_codes else ():
            evaluator.check_codes_can_be_kept(study.metrics.values())
        outcome = study.run(evaluators)
    print_tables(outcome.results, arguments.repeats)
    print(f"Results: {arguments.output_dir}")
    if arguments.cite:
        from .reporting.citing.bibliography import bibtex_of_metrics
        from .settings.adapters import declared

        scored = {name for of_model in outcome.results.values() for name in of_model}
        print("\n" + bibtex_of_metrics(declared(study.metrics[name].function) for name in scored))
    for reason, metrics in outcome.reasons().items():
        print(f"Not scored: {', '.join(metrics)}. {reason}", file=sys.stderr)
    return INCOMPLETE if outcome.unscored else 0


def check_codes_file(arguments: argparse.Namespace) -> None:
    """Raises UserError for one file for the codes of several models."""
    from ..common.errors import UserError

    if isinstance(arguments.save_codes, str) and len(arguments.model_dir or ()) > 1:
        raise UserError(f"--save_codes {arguments.save_codes} names one file for {len(arguments.model_dir)} models; "
                        "expected --save_codes without a name, which writes OUTPUT_DIR/MODEL/codes.npz for each.")


def given_codes(arguments: argparse.Namespace) -> GivenCodes | None:
    """The codes to score, or None for models.  Raises UserError for --factors without codes."""
    from ..common.errors import UserError
    from .protocol.given_codes import GivenCodes

    if arguments.codes:
        return GivenCodes(arguments.codes, arguments.factors, arguments.data_set, arguments.gin_bindings)
    if arguments.factors:
        raise UserError("--factors are the factors of given codes; give --codes FILE instead of --model_dir, or "
                        "own images with the data set 'custom' (docs/data_sets.md).")
    return None


def data_set_bindings(arguments: argparse.Namespace, given: GivenCodes | None) -> list[str]:
    """Bindings that name the data set, which the user's own override."""
    if given:
        return given.bindings
    return [f"dataset.name = {arguments.data_set!r}"] if arguments.data_set else []


def chosen_preset(arguments: argparse.Namespace) -> str | None:
    """The preset asked for, or the default one where nothing says which metric is wanted."""
    if arguments.preset or arguments.gin_config:
        return arguments.preset
    says = any(name in binding for binding in arguments.gin_bindings for name in ("evaluation_fn", "validation_fn"))
    return None if says else DEFAULT_PRESET


def make_evaluators(names: Sequence[str], study: Study, arguments: argparse.Namespace,
                    report: Callable[[int], Any]) -> dict[str, Evaluator]:
    """One evaluator a model, all sharing their data sets; checkpoints are exported first, beside the results."""
    from ..export.reading.artifact import load_representation
    from ..export.reading.checkpoint_cache import exported_checkpoint, gin_flags
    from .protocol.evaluate import Evaluator

    evaluators: dict[str, Evaluator] = {}
    data_sets: dict[str, Any] = {}
    for name, path in zip(names, arguments.model_dir, strict=True):
        output = arguments.output_dir / name if len(names) > 1 else arguments.output_dir
        hints = hints_of(arguments)
        folder = exported_checkpoint(path, output, None if study.data_set == "auto" else study.data_set,
                                     arguments.allow_pickled_code, hints.input_statistics,
                                     any_version=arguments.resume == ANY_VERSION,
                                     flags=[*checkpoint_flags(arguments), *gin_flags(study.data_bindings)])
        representation = load_representation(folder, arguments.backend, arguments.device,
                                             arguments.allow_pickled_code, hints, arguments.allow_batch_dependence)
        evaluators[name] = Evaluator(representation, folder, report, data_sets,
                                     codes_file=codes_file(arguments.save_codes, output))
    return evaluators


def codes_file(save_codes: str | bool, output: Path) -> Path | None:
    """Where the codes of a model are kept; None without --save_codes."""
    return (output / "codes.npz" if save_codes is True else Path(save_codes)) if save_codes else None


def keep_codes(evaluator: Evaluator) -> None:
    """Writes the codes where that was asked for and is possible; the scores stand in either case."""
    from ..common.errors import UserError, one_sentence

    try:
        evaluator.save_codes()
    except UserError as error:
        print(f"Codes not kept: {one_sentence(error)}", file=sys.stderr)


def check_counts(arguments: argparse.Namespace) -> None:
    """Raises UserError for fewer than one repeat or job."""
    from ..common.errors import UserError

    for name in ("repeats", "jobs"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise UserError(f"--{name} is {value}; expected 1 or more.")


def print_tables(results: dict[str, dict[str, Any]], repeats: int) -> None:
    """One table for one model, metric by key; for several also model by metric; with repeats their intervals."""
    from .protocol.repeats import repeats_table
    from .reporting.declared.headlines import headline
    from .reporting.tables.text_tables import metric_by_key, model_by_metric

    for model, scores in results.items():
        if len(results) > 1:
            print(f"{model}:")
        print(metric_by_key(scores))
        if repeats > 1:
            print(repeats_table(scores, {metric: headline(found)[0] for metric, found in scores.items()}))
    if len(results) > 1:
        print(model_by_metric(results))


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(evaluate, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
